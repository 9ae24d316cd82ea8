#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "config/config.h"
#include "freshet/log.h"
#include "serve/backend.h"
#include "serve/event_batch.h"

namespace freshet {

/// Appends events that came over HTTP: a bounded queue in front of one thread, which checks and appends
/// everything that waits in one go. Thread-safe.
class EventAppender final {
 public:
  EventAppender(Log& log, const Config& config, DecoderOptions decoder);
  ~EventAppender();
  void Append(PostedEvents events, AppendDone done);
  /// Finishes what waits, then refuses more.
  void Stop();

 private:
  struct Waiting {
    EventTopic topic;
    std::vector<std::string> payloads;
    bool checked = true;
    AppendDone done;
  };
  struct Checked {
    AppendDone done;
    std::vector<OutputRecord> records;
    Result<void> appended;
  };
  void Run();
  std::deque<Waiting> TakeWaiting();
  void AppendAll(std::deque<Waiting> batches);
  Result<void> Write(std::vector<Checked>& batches);
  Result<void> AppendBatch(Checked& batch);

  Log& log_;
  const Config& config_;
  EventBatcher batcher_;
  std::unique_ptr<Writer> writer_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::deque<Waiting> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace freshet
