#include <filesystem>

#include "connectors/file/file_log.h"
#include "contract/log_contract.h"

namespace freshet::contract {
namespace {

class FileFixture final : public LogFixture {
 public:
  explicit FileFixture(Compression compression) : compression_(compression) {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-contract-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
    Reopen();
  }
  ~FileFixture() override {
    log_.reset();
    std::filesystem::remove_all(path_);
  }
  Capabilities Can() const override {
    Capabilities can;
    can.retention = false;
    can.compaction = false;
    can.shares_groups = false;
    return can;
  }
  Log& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    FileLogOptions options;
    options.compression = compression_;
    options.sync = false;
    auto opened = FileLog::Open(path_ + "/log", options);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(*opened);
  }

 private:
  const Compression compression_;
  std::string path_;
  std::unique_ptr<FileLog> log_;
};

std::unique_ptr<LogFixture> MakePlain() { return std::make_unique<FileFixture>(Compression::kNone); }
std::unique_ptr<LogFixture> MakeGzip() { return std::make_unique<FileFixture>(Compression::kGzip); }
std::unique_ptr<LogFixture> MakeZstd() { return std::make_unique<FileFixture>(Compression::kZstd); }

INSTANTIATE_TEST_SUITE_P(File, LogContract, testing::Values(&MakePlain, &MakeGzip, &MakeZstd));

}  // namespace
}  // namespace freshet::contract
