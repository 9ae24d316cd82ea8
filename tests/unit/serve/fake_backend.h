#pragma once

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "serve/backend.h"

namespace freshet {

/// Accepts events unless they contain "bad"; holds batches back on demand; answers from another thread.
class FakeBackend final : public ServeBackend {
 public:
  FakeBackend() : worker_([this] { Work(); }) {}
  ~FakeBackend() override {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
      held_ = false;
    }
    changed_.notify_all();
    worker_.join();
  }

  std::string MetricsText() override { return "# TYPE x counter\nx 1\n"; }
  Condition Health() override { return {.good = true, .reasons = {}}; }
  Condition Readiness() override {
    const std::lock_guard lock(mutex_);
    return ready_ ? Condition{.good = true, .reasons = {}}
                  : Condition{.good = false, .reasons = {"task user-0 is \"restoring\""}};
  }
  void AppendEvents(PostedEvents events, AppendDone done) override {
    if (events.topic != "interactions") {
      AppendOutcome outcome;
      outcome.status = AppendStatus::kUnknownTopic;
      return done(std::move(outcome));
    }
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= 2 && held_) {
      AppendOutcome outcome;
      outcome.status = AppendStatus::kOverloaded;
      outcome.retry_after = std::chrono::seconds(3);
      return done(std::move(outcome));
    }
    waiting_.push_back({std::move(events.payloads), events.checked, std::move(done)});
    changed_.notify_all();
  }
  Result<std::optional<std::string>> Recommend(const std::string& user,
                                               const ListQuestion& question) override {
    if (user == "nobody") return std::optional<std::string>();
    if (user == "broken") return MakeError(ErrorCode::kUnavailable, "view is being built");
    if (question.strategy == "strange")
      return MakeError(ErrorCode::kInvalidArgument, "strategy is \"strange\"; write one of for_you");
    return std::optional(user + " " + std::to_string(question.k) + (question.explain ? " explained" : "") +
                         (question.strategy.empty() ? "" : " " + question.strategy) +
                         (question.without.empty() ? "" : " without " + question.without.back()));
  }
  Result<std::optional<std::string>> Similar(const std::string& item, const ListQuestion& question) override {
    if (item == "nothing") return std::optional<std::string>();
    return std::optional(item + " " + std::to_string(question.k) +
                         (question.strategy.empty() ? "" : " " + question.strategy));
  }

  void SetReady(bool ready) {
    const std::lock_guard lock(mutex_);
    ready_ = ready;
  }
  void Hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void LetGo() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  /// Waits until `batches` have been taken in and not yet answered.
  void AwaitWaiting(std::size_t batches) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() >= batches; });
  }
  std::size_t appended() {
    const std::lock_guard lock(mutex_);
    return appended_;
  }

 private:
  struct Batch {
    std::vector<std::string> payloads;
    bool checked = true;
    AppendDone done;
  };

  void Work() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [&] { return ending_ || (!held_ && !waiting_.empty()); });
      if (waiting_.empty()) return;
      Batch batch = std::move(waiting_.front());
      waiting_.erase(waiting_.begin());
      AppendOutcome outcome = batch.checked ? Judge(batch.payloads) : Taken(batch.payloads);
      if (outcome.status == AppendStatus::kDurable) appended_ += batch.payloads.size();
      lock.unlock();
      batch.done(std::move(outcome));
      lock.lock();
    }
  }

  static AppendOutcome Taken(const std::vector<std::string>& payloads) {
    AppendOutcome outcome;
    outcome.accepted = payloads.size();
    return outcome;
  }

  static AppendOutcome Judge(const std::vector<std::string>& payloads) {
    AppendOutcome outcome;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      if (payloads[i].find("bad") == std::string::npos) continue;
      outcome.status = AppendStatus::kRejected;
      outcome.rejections.push_back({i + 1, {"schema", "/type", "said \"bad\"", "be good", "bare"}});
    }
    if (outcome.rejections.empty()) outcome.accepted = payloads.size();
    return outcome;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> waiting_;
  std::size_t appended_ = 0;
  bool held_ = false;
  bool ready_ = true;
  bool ending_ = false;
  std::thread worker_;
};

}  // namespace freshet
