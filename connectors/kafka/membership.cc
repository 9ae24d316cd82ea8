#include "connectors/kafka/membership.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/format.h"
#include "base/logging.h"
#include "connectors/kafka/errors.h"

namespace freshet::kafka {
namespace {

using PartitionList = Owned<rd_kafka_topic_partition_list_t>;

// Members learn of a rebalance by their heartbeat, so that its pause is what a takeover waits for.
constexpr std::chrono::milliseconds kHeartbeat{1'000};
constexpr int kLeavePollMs = 50;

std::vector<TopicPartition> Sorted(const rd_kafka_topic_partition_list_t& list) {
  std::vector<TopicPartition> sorted;
  for (int i = 0; i < list.cnt; ++i) {
    sorted.push_back({list.elems[i].topic, Partition{list.elems[i].partition}});
  }
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

SettingList GroupSettings(const GroupOptions& options) {
  SettingList settings = {
      {"group.id", options.group},
      {"session.timeout.ms", std::to_string(options.session_timeout.count())},
  };
  if (!options.instance_id.empty()) settings.emplace_back("group.instance.id", options.instance_id);
  return settings;
}

}  // namespace

Result<std::unique_ptr<Membership>> KafkaMembership::Open(const KafkaOptions& kafka,
                                                          const GroupOptions& options) {
  if (options.group.empty() || options.lead_topics.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "join: a group and at least one lead topic are needed");
  }
  std::unique_ptr<KafkaMembership> member(new KafkaMembership(kafka, options));
  HandleSpec spec;
  spec.name = "member of " + options.group;
  spec.owner = member.get();
  spec.on_rebalance = &KafkaMembership::OnRebalance;
  spec.on_offset_commit = &KafkaMembership::OnOffsetCommit;
  spec.settings = SettingsFor(Role::kMember, kafka, GroupSettings(options));
  if (!kafka.consumer.contains("heartbeat.interval.ms")) {
    const auto heartbeat = std::min(kHeartbeat, options.session_timeout / 3);
    spec.settings.emplace_back("heartbeat.interval.ms", std::to_string(heartbeat.count()));
  }
  FRESHET_TRY(auto handle, Handle::Open(spec));
  member->handle_ = std::make_unique<Handle>(std::move(handle));
  FRESHET_CHECK(member->Subscribe());
  return std::unique_ptr<Membership>(std::move(member));
}

KafkaMembership::KafkaMembership(const KafkaOptions& kafka, const GroupOptions& options)
    : kafka_(kafka), options_(options) {}

Result<void> KafkaMembership::Subscribe() {
  rd_kafka_poll_set_consumer(handle_->get());
  const PartitionList topics(
      rd_kafka_topic_partition_list_new(static_cast<int>(options_.lead_topics.size())));
  for (const std::string& topic : options_.lead_topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  const auto code = rd_kafka_subscribe(handle_->get(), topics.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorFrom(code, "join " + options_.group);
  return {};
}

Result<std::optional<std::vector<TopicPartition>>> KafkaMembership::Poll(std::chrono::milliseconds timeout) {
  if (left_) return MakeError(ErrorCode::kCancelled, "poll: this member has left " + options_.group);
  const Deadline deadline(timeout);
  do {
    FRESHET_CHECK(handle_->CheckAlive("member of " + options_.group));
    const Owned<rd_kafka_message_t> message(rd_kafka_consumer_poll(handle_->get(), deadline.Left()));
    FRESHET_CHECK(handle_->CheckAlive("member of " + options_.group));
    if (std::exchange(news_, false)) {
      told_ = true;
      return std::optional(owned_);
    }
    // Nothing is assigned, so that only errors arrive here.
    if (message && message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return handle_->Explain(
          ErrorFrom(message->err, "member of " + options_.group, rd_kafka_message_errstr(message.get())));
    }
  } while (!deadline.Passed());
  return std::optional<std::vector<TopicPartition>>();
}

bool KafkaMembership::Owns(Partition partition) const {
  return std::any_of(owned_.begin(), owned_.end(),
                     [partition](const TopicPartition& owned) { return owned.partition == partition; });
}

Result<void> KafkaMembership::AdviseOffsets(const std::vector<Position>& next) {
  if (left_ || rebalancing_) return {};
  const PartitionList offsets(rd_kafka_topic_partition_list_new(static_cast<int>(next.size())));
  for (const auto& [from, offset] : next) {
    if (!Owns(from.partition)) continue;
    rd_kafka_topic_partition_list_add(offsets.get(), from.topic.c_str(), from.partition.value)->offset =
        offset.value;
  }
  if (offsets->cnt == 0) return {};
  constexpr int kAsynchronous = 1;
  const auto code = rd_kafka_commit(handle_->get(), offsets.get(), kAsynchronous);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return ErrorFrom(code, "advise offsets of " + options_.group);
  return {};
}

Result<void> KafkaMembership::Leave() {
  if (std::exchange(left_, true)) return {};
  const Deadline deadline(kafka_.leave_timeout);
  HandOver(deadline);
  const Owned<rd_kafka_queue_t> queue(rd_kafka_queue_new(handle_->get()));
  if (auto* failed = rd_kafka_consumer_close_queue(handle_->get(), queue.get())) {
    return TakeTransactionError(failed, "leave " + options_.group);
  }
  while (!rd_kafka_consumer_closed(handle_->get())) {
    if (deadline.Passed()) return MakeError(ErrorCode::kTimeout, "leave " + options_.group + ": no answer");
    rd_kafka_queue_poll_callback(queue.get(), deadline.Left(std::chrono::milliseconds(kLeavePollMs)));
  }
  return {};
}

// Closing alone keeps a static member's place in the group; giving up the subscription before it does not.
void KafkaMembership::HandOver(const Deadline& deadline) {
  rd_kafka_unsubscribe(handle_->get());
  while (!rebalancing_ && !deadline.Passed()) {
    const Owned<rd_kafka_message_t> ignored(
        rd_kafka_consumer_poll(handle_->get(), deadline.Left(std::chrono::milliseconds(kLeavePollMs))));
  }
}

void KafkaMembership::OnRebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                                  rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  static_cast<KafkaMembership*>(OwnerOf(opaque))->Rebalance(client, code, *partitions);
}

void KafkaMembership::Rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                                const rd_kafka_topic_partition_list_t& partitions) {
  rebalancing_ = code != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
  if (rebalancing_) {
    const bool lost = rd_kafka_assignment_lost(client) != 0;
    rd_kafka_assign(client, nullptr);
    if (lost) {
      LogWarn("membership of the group was lost", {{"group", options_.group}});
      Report({});
    }
  } else {
    const PartitionList nothing(rd_kafka_topic_partition_list_new(0));
    rd_kafka_assign(client, nothing.get());
    Report(Sorted(partitions));
  }
  rd_kafka_yield(client);  // so that Poll returns now
}

void KafkaMembership::Report(std::vector<TopicPartition> owned) {
  if (told_ && owned == owned_ && !news_) return;
  owned_ = std::move(owned);
  news_ = true;
}

void KafkaMembership::OnOffsetCommit(rd_kafka_t* /*client*/, rd_kafka_resp_err_t code,
                                     rd_kafka_topic_partition_list_t* /*offsets*/, void* opaque) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  const auto& member = *static_cast<KafkaMembership*>(OwnerOf(opaque));
  LogDebug("advised offsets were refused",
           {{"group", member.options_.group}, {"why", rd_kafka_err2str(code)}});
}

}  // namespace freshet::kafka
