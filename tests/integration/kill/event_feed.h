#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "integration/kill/event_stream.h"
#include "integration/kill/service_process.h"

namespace freshet::testing {

/// Gives a stream of events to a service: with `freshet send`, or by HTTP while it runs. Every event arrives;
/// one whose answer was lost is sent again, which its event_id makes a duplicate.
class EventFeed final {
 public:
  EventFeed(std::vector<StreamEvent> events, std::filesystem::path work)
      : events_(std::move(events)), work_(std::move(work)) {}

  /// `freshet send --unchecked` of the next events. With the embedded log no service may run.
  void Send(const ServiceProcess& service, std::size_t count);
  /// Posts until `count` are accepted, `enough` says so or the service is gone. What only `send` takes
  /// (events that cannot be read, and the catalogue, which has no event ids) waits for Send.
  void Post(const ServiceProcess& service, std::size_t count, const std::function<bool()>& enough);
  std::size_t Left() const { return events_.size() - next_ + for_send_.size() + unanswered_.size(); }
  const std::vector<StreamEvent>& events() const { return events_; }
  std::size_t posted() const { return posted_; }
  /// Events sent again because no answer came.
  std::size_t posted_again() const { return posted_again_; }

 private:
  bool PostUnanswered(const ServiceProcess& service);
  void TakeForPost();

  const std::vector<StreamEvent> events_;
  const std::filesystem::path work_;
  std::size_t next_ = 0;
  std::deque<std::size_t> for_send_;
  std::deque<std::size_t> unanswered_;  ///< taken for HTTP, not known to be accepted
  std::size_t posted_ = 0;
  std::size_t posted_again_ = 0;
  bool maybe_sent_ = false;  ///< the front of unanswered_ went out before
};

}  // namespace freshet::testing
