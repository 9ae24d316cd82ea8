#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "engine/recommender_topology.h"
#include "engine/supervisor.h"
#include "engine/verify.h"

namespace freshet::test {

/// A folder that is gone with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static std::atomic<int> number{0};
    path_ = (std::filesystem::temp_directory_path() /
             fmt::format("freshet-engine-{}-{}", static_cast<long>(::getpid()), number++))
                .string();
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline RecommenderOptions SmallRecommender() {
  RecommenderOptions options;
  options.app = "test";
  options.user_partitions = 2;
  options.item_partitions = 2;
  options.user.evaluation.window = 20;  // a record with every scored list
  return options;
}

/// Topics of a topology without retention or compaction, so that everything can be replayed.
inline std::vector<TopicSpec> PlainTopics(const Topology& topology) {
  std::vector<TopicSpec> specs;
  const auto add = [&](const std::string& name, std::int32_t partitions) {
    TopicSpec spec;
    spec.name = name;
    spec.partitions = partitions;
    specs.push_back(std::move(spec));
  };
  for (const std::string role : {"interactions", "ratings", "feedback", "recommendations", "evaluations",
                                 "dead-letters", "user-links", "profiles"}) {
    add(topology.TopicOf(role), topology.user_partitions);
  }
  for (const std::string role : {"catalogue", "item-deltas", "item-model"})
    add(topology.TopicOf(role), topology.item_partitions);
  add(topology.ChangelogOf("user"), topology.user_partitions);
  add(topology.ChangelogOf("item"), topology.item_partitions);
  return specs;
}

inline bool WaitFor(const std::function<bool()>& condition,
                    std::chrono::seconds at_most = std::chrono::seconds(30)) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

struct Sent {
  std::string role;
  std::string key;
  std::string value;
};

inline Sent Click(const std::string& user, const std::string& item, const std::string& event_id = "") {
  const std::string id = event_id.empty() ? "" : fmt::format(R"("event_id":"{}",)", event_id);
  return {"interactions", user,
          fmt::format(R"({{{}"user_id":"{}","item_id":"{}","type":"click"}})", id, user, item)};
}

/// Appends events to a log as an upstream application would.
class Upstream {
 public:
  Upstream(Log& log, const Topology& topology) : log_(log), topology_(topology) {}
  void Send(const std::vector<Sent>& events) {
    auto writer = log_.OpenWriter({});
    ASSERT_TRUE(writer.ok()) << writer.error().message;
    ASSERT_TRUE((*writer)->Initialise().ok());
    ASSERT_TRUE((*writer)->Begin().ok());
    for (const Sent& event : events) {
      const std::int32_t partitions =
          event.role == "catalogue" ? topology_.item_partitions : topology_.user_partitions;
      OutputRecord record;
      record.to = {topology_.TopicOf(event.role), PartitionForKey(event.key, partitions)};
      record.key = event.key;
      record.value = event.value;
      const auto appended = (*writer)->Append(std::move(record));
      ASSERT_TRUE(appended.ok()) << appended.error().message;
    }
    const auto committed = (*writer)->Commit();
    ASSERT_TRUE(committed.ok()) << committed.error().message;
  }

 private:
  Log& log_;
  const Topology& topology_;
};

/// All committed records of a topic.
inline std::vector<Record> ReadAll(Log& log, const std::string& topic) {
  std::vector<Record> all;
  const auto description = log.Describe(topic);
  EXPECT_TRUE(description.ok());
  for (std::int32_t p = 0; p < description->partitions; ++p) {
    const auto marks = log.QueryWatermarks({topic, {p}}, Isolation::kReadCommitted);
    auto reader = RangeReader::Open(log, {topic, {p}}, marks->low);
    EXPECT_TRUE(reader.ok());
    auto records = (*reader)->TakeUntil(marks->high);
    EXPECT_TRUE(records.ok());
    for (Record& record : *records) all.push_back(std::move(record));
  }
  return all;
}

}  // namespace freshet::test
