#include <filesystem>

#include "connectors/embedded/embedded_log.h"
#include "contract/log_contract.h"

namespace freshet::contract {
namespace {

class EmbeddedFixture final : public LogFixture {
 public:
  EmbeddedFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "freshet-contract-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
    Reopen();
  }
  ~EmbeddedFixture() override {
    log_.reset();
    std::filesystem::remove_all(path_);
  }
  Capabilities Can() const override { return {}; }
  Log& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    auto opened = EmbeddedLog::Open(path_ + "/log", Options());
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    log_ = std::move(*opened);
  }
  void Maintain(Timestamp now) override {
    for (bool more = true; more;) {
      const auto step = log_->Maintain(now);
      ASSERT_TRUE(step.ok()) << step.error().message;
      more = *step;
    }
  }

 protected:
  virtual EmbeddedOptions Options() const {
    EmbeddedOptions options;
    options.maintenance_interval = std::chrono::milliseconds(0);
    return options;
  }

 private:
  std::string path_;
  std::unique_ptr<EmbeddedLog> log_;
};

std::unique_ptr<LogFixture> MakeEmbedded() { return std::make_unique<EmbeddedFixture>(); }

INSTANTIATE_TEST_SUITE_P(Embedded, LogContract, testing::Values(&MakeEmbedded));

}  // namespace
}  // namespace freshet::contract
