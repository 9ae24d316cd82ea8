#include "connectors/simulated/simulated_cluster.h"
#include "connectors/simulated/simulated_log.h"
#include "contract/log_contract.h"

namespace freshet::contract {
namespace {

class SimulatedFixture final : public LogFixture {
 public:
  Capabilities Can() const override {
    Capabilities can;
    can.dense_offsets = false;
    can.open_in_log = true;
    can.silence = milliseconds(1);
    return can;
  }
  Log& log() override { return *log_; }
  void Reopen() override { log_ = std::make_unique<simulated::SimulatedLog>(cluster_); }
  void Maintain(Timestamp now) override {
    if (now > cluster_->clock().Now()) cluster_->Advance(milliseconds(now.ms - cluster_->clock().Now().ms));
    cluster_->ApplyRetention();
    cluster_->CompactAll();
  }

 private:
  std::shared_ptr<simulated::SimulatedCluster> cluster_ =
      std::make_shared<simulated::SimulatedCluster>(simulated::ClusterOptions{});
  std::unique_ptr<Log> log_ = std::make_unique<simulated::SimulatedLog>(cluster_);
};

std::unique_ptr<LogFixture> MakeSimulated() { return std::make_unique<SimulatedFixture>(); }

INSTANTIATE_TEST_SUITE_P(Simulated, LogContract, testing::Values(&MakeSimulated));

}  // namespace
}  // namespace freshet::contract
