#include "integration/kill/event_feed.h"

#include <gtest/gtest.h>

#include <fstream>

namespace freshet::testing {
namespace {

constexpr std::size_t kPostedAtOnce = 50;

bool OnlyForSend(const StreamEvent& event) {
  return event.fate == EventFate::kRejected || event.topic == "catalogue";
}

}  // namespace

void EventFeed::Send(const ServiceProcess& service, std::size_t count) {
  std::map<std::string, std::string> lines;
  const auto add = [&](std::size_t index) {
    lines[events_[index].topic] += events_[index].payload + "\n";
    if (count > 0) --count;
  };
  while (!for_send_.empty()) {
    add(for_send_.front());
    for_send_.pop_front();
  }
  while (count > 0 && next_ < events_.size()) add(next_++);
  for (const auto& [topic, text] : lines) {
    const auto input = work_ / "send.jsonl";
    std::ofstream(input, std::ios::binary | std::ios::trunc) << text;
    const Finished sent =
        RunToEnd(service.WithPlace({"send", topic, "--unchecked", "--input", input.string()}), work_);
    ASSERT_EQ(sent.exit_code, 0) << sent.err;
  }
}

void EventFeed::Post(const ServiceProcess& service, std::size_t count, const std::function<bool()>& enough) {
  const std::size_t goal = posted_ + count;
  while (posted_ < goal && !enough()) {
    if (unanswered_.empty()) TakeForPost();
    if (unanswered_.empty() || !PostUnanswered(service)) return;
  }
}

void EventFeed::TakeForPost() {
  while (next_ < events_.size() && unanswered_.size() < kPostedAtOnce) {
    const std::size_t index = next_++;
    (OnlyForSend(events_[index]) ? for_send_ : unanswered_).push_back(index);
  }
}

bool EventFeed::PostUnanswered(const ServiceProcess& service) {
  while (!unanswered_.empty()) {
    const std::string topic = events_[unanswered_.front()].topic;
    std::string lines;
    std::deque<std::size_t> others;
    std::size_t taken = 0;
    for (const std::size_t index : unanswered_) {
      if (events_[index].topic != topic) {
        others.push_back(index);
        continue;
      }
      lines += events_[index].payload + "\n";
      ++taken;
    }
    if (maybe_sent_) posted_again_ += taken;
    maybe_sent_ = true;
    const int status = service.Post(topic, lines);
    EXPECT_TRUE(status == 202 || status == 0 || status == 429 || status == 503) << topic << " " << status;
    if (status != 202) return status == 429 || status == 503;
    maybe_sent_ = false;
    posted_ += taken;
    unanswered_ = std::move(others);
  }
  return true;
}

}  // namespace freshet::testing
