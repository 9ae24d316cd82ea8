#include "storage/run_partitioner.h"

#include <string_view>
#include <utility>

namespace freshet {
namespace {

class RunPartitioner final : public rocksdb::SstPartitioner {
 public:
  explicit RunPartitioner(const AscendingRuns& runs) : runs_(runs) {}
  const char* Name() const override { return "freshet.RunPartitioner"; }
  rocksdb::PartitionerResult ShouldPartition(const rocksdb::PartitionerRequest& request) override {
    return Together(*request.prev_user_key, *request.current_user_key) ? rocksdb::kNotRequired
                                                                       : rocksdb::kRequired;
  }
  bool CanDoTrivialMove(const rocksdb::Slice& smallest, const rocksdb::Slice& largest) override {
    return Together(smallest, largest);
  }

 private:
  /// Whether one table may hold both: keys of one run, or two before all runs, or two behind them.
  bool Together(const rocksdb::Slice& a, const rocksdb::Slice& b) const { return RunOf(a) == RunOf(b); }
  std::string_view RunOf(const rocksdb::Slice& key) const {
    if (!key.starts_with(runs_.tag)) return key.compare(runs_.tag) < 0 ? kBefore : kBehind;
    return std::string_view(key.data(), key.size()).substr(0, runs_.prefix_bytes);
  }

  static constexpr std::string_view kBefore{};
  static constexpr std::string_view kBehind{"\xff\xff", 2};
  const AscendingRuns& runs_;
};

class RunPartitionerFactory final : public rocksdb::SstPartitionerFactory {
 public:
  explicit RunPartitionerFactory(AscendingRuns runs) : runs_(std::move(runs)) {}
  const char* Name() const override { return "freshet.RunPartitionerFactory"; }
  std::unique_ptr<rocksdb::SstPartitioner> CreatePartitioner(
      const rocksdb::SstPartitioner::Context&) const override {
    return std::make_unique<RunPartitioner>(runs_);
  }

 private:
  const AscendingRuns runs_;
};

}  // namespace

std::shared_ptr<rocksdb::SstPartitionerFactory> MakeRunPartitioner(const AscendingRuns& runs) {
  return std::make_shared<RunPartitionerFactory>(runs);
}

}  // namespace freshet
