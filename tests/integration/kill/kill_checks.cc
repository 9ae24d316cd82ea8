#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/base64.h"
#include "integration/kill/kill_scenario.h"

namespace freshet::testing {
namespace {

using Json = nlohmann::json;

struct TaskCounts {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
};

std::string RunFor(const ServiceProcess& service, std::vector<std::string> command,
                   const std::filesystem::path& work) {
  const std::string name = command.front();
  const Finished ran = RunToEnd(service.WithPlace(std::move(command)), work);
  EXPECT_EQ(ran.exit_code, 0) << name << ": " << ran.err << ran.out;
  return ran.out;
}

/// Counts of `freshet state inspect`, by operator.
std::map<std::string, TaskCounts> CountsByOperator(const std::string& lines) {
  std::map<std::string, TaskCounts> counts;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const Json task = Json::parse(line);
    const std::string name = task["task"];
    TaskCounts& of = counts[name.substr(0, name.rfind('-'))];
    of.accepted += task["accepted"].get<std::uint64_t>();
    of.duplicates += task["duplicates"].get<std::uint64_t>();
    of.rejected += task["rejected"].get<std::uint64_t>();
  }
  return counts;
}

/// Records of each input topic by role.
std::map<std::string, std::uint64_t> RecordsByRole(const std::string& topics) {
  std::map<std::string, std::uint64_t> records;
  const Json parsed = Json::parse(topics);
  for (const Json& topic : parsed["topics"]) {
    records[topic["role"]] = topic["records"].get<std::uint64_t>();
  }
  return records;
}

std::multiset<std::string> BadPayloads(const std::vector<StreamEvent>& events) {
  std::multiset<std::string> bad;
  for (const StreamEvent& event : events) {
    if (event.fate == EventFate::kRejected) bad.insert(EncodeBase64(event.payload));
  }
  return bad;
}

std::multiset<std::string> PayloadsOf(const std::string& letters) {
  std::multiset<std::string> payloads;
  std::istringstream in(letters);
  for (std::string line; std::getline(in, line);) payloads.insert(Json::parse(line)["payload_b64"]);
  return payloads;
}

void ExpectOneLetterEach(const std::string& letters, const std::vector<StreamEvent>& events) {
  const std::multiset<std::string> expected = BadPayloads(events);
  const std::multiset<std::string> actual = PayloadsOf(letters);
  EXPECT_EQ(actual.size(), expected.size()) << "dead letters, and bad events";
  EXPECT_TRUE(actual == expected) << "each bad event must have exactly one dead letter";
}

}  // namespace

void KillScenario::ExpectEqualToReplay(const ServiceProcess& service) const {
  const std::string report = RunFor(service, {"state", "verify", "--json"}, work_);
  if (report.empty()) return;
  std::printf("verify: %s", report.c_str());
  EXPECT_TRUE(Json::parse(report)["equal"].get<bool>());
}

void KillScenario::ExpectNothingLostOrDoubled(const ServiceProcess& service) const {
  const FateCounts fates = CountFates(feed_->events());
  auto tasks = CountsByOperator(RunFor(service, {"state", "inspect", "--json"}, work_));
  auto records = RecordsByRole(RunFor(service, {"topics", "list", "--json"}, work_));
  const std::uint64_t in_user_topics = records["interactions"] + records["ratings"] + records["feedback"];
  const TaskCounts& users = tasks["user"];
  EXPECT_EQ(users.accepted, fates.user_accepted) << "distinct event ids sent";
  EXPECT_EQ(users.rejected, fates.user_rejected);
  EXPECT_EQ(users.accepted + users.duplicates + users.rejected, in_user_topics);
  EXPECT_GE(users.duplicates, fates.user_duplicates);
  EXPECT_LE(users.duplicates, fates.user_duplicates + feed_->posted_again());
  EXPECT_EQ(tasks["item"].rejected, fates.catalogue_rejected);
  EXPECT_EQ(records["catalogue"], fates.catalogue_accepted + fates.catalogue_rejected);
  ExpectOneLetterEach(RunFor(service, {"dead-letters", "show", "--limit", "0", "--json"}, work_),
                      feed_->events());
  std::printf(
      "users: %llu records = %llu accepted + %llu duplicates + %llu rejected\n",
      static_cast<unsigned long long>(in_user_topics), static_cast<unsigned long long>(users.accepted),
      static_cast<unsigned long long>(users.duplicates), static_cast<unsigned long long>(users.rejected));
}

void KillScenario::ExpectNothingLost(const ServiceProcess& service) const {
  const FateCounts fates = CountFates(feed_->events());
  auto tasks = CountsByOperator(RunFor(service, {"state", "inspect", "--json"}, work_));
  auto records = RecordsByRole(RunFor(service, {"topics", "list", "--json"}, work_));
  const TaskCounts& users = tasks["user"];
  EXPECT_EQ(users.accepted, fates.user_accepted) << "distinct event ids sent";
  EXPECT_EQ(users.accepted + users.duplicates + users.rejected,
            records["interactions"] + records["ratings"] + records["feedback"]);
  const auto letters = PayloadsOf(RunFor(service, {"dead-letters", "show", "--limit", "0", "--json"}, work_));
  const auto expected = BadPayloads(feed_->events());
  EXPECT_TRUE(std::includes(letters.begin(), letters.end(), expected.begin(), expected.end()))
      << letters.size() << " dead letters, " << expected.size() << " bad events";
}

}  // namespace freshet::testing
