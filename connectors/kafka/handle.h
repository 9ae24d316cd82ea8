#pragma once

#include <librdkafka/rdkafka.h>

#include <chrono>
#include <memory>
#include <string>

#include "connectors/kafka/errors.h"
#include "connectors/kafka/settings.h"
#include "freshet/result.h"

namespace freshet::kafka {

/// Deleters of librdkafka's objects, so that each has exactly one owner.
struct Deleter {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
  void operator()(rd_kafka_headers_t* headers) const { rd_kafka_headers_destroy(headers); }
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
  void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  void operator()(rd_kafka_NewTopic_t* topic) const { rd_kafka_NewTopic_destroy(topic); }
  void operator()(rd_kafka_DeleteTopic_t* topic) const { rd_kafka_DeleteTopic_destroy(topic); }
  void operator()(rd_kafka_ConfigResource_t* resource) const { rd_kafka_ConfigResource_destroy(resource); }
  void operator()(rd_kafka_AdminOptions_t* options) const { rd_kafka_AdminOptions_destroy(options); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};

template <typename Object>
using Owned = std::unique_ptr<Object, Deleter>;

/// What one connection is for: its settings and the callbacks that its calls may run.
struct HandleSpec {
  rd_kafka_type_t type = RD_KAFKA_CONSUMER;
  std::string name;  ///< stands in log lines and messages, for example "writer app-user-3"
  SettingList settings;
  void* owner = nullptr;  ///< what the callbacks get back from OwnerOf
  void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
  void (*on_rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*, void*) = nullptr;
  void (*on_offset_commit)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*,
                           void*) = nullptr;
};

/// State behind a handle's callbacks. librdkafka's own threads log through it.
class HandleContext;

/// One librdkafka client instance: owns it, its threads and its log lines.
class Handle {
 public:
  /// kInvalidArgument with librdkafka's words when a setting is wrong. Does not wait for a broker.
  static Result<Handle> Open(const HandleSpec& spec);
  Handle(Handle&&) noexcept;
  Handle& operator=(Handle&&) = delete;
  /// Does not leave a group and does not wait for brokers or for records not yet sent.
  ~Handle();

  rd_kafka_t* get() const { return client_; }
  /// The newest error line of the connection ("" when none), which says why nothing can be reached.
  std::string LastError() const;
  /// `error` with the connection's newest error line behind it, when that says why.
  Error Explain(Error error) const;
  /// Why the client is dead, or no error.
  Result<void> CheckAlive(std::string_view what) const;

 private:
  Handle(std::unique_ptr<HandleContext> context, rd_kafka_t* client);
  std::unique_ptr<HandleContext> context_;  // before client_: its threads log until it is destroyed
  rd_kafka_t* client_;
};

/// HandleSpec::owner, from the opaque pointer of a callback.
void* OwnerOf(void* opaque);

/// Sets all settings on a throw-away configuration, to find wrong ones early.
Result<void> CheckSettings(const SettingList& settings);

/// A moment until which a call may wait.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds from_now) : end_(std::chrono::steady_clock::now() + from_now) {}
  bool Passed() const { return std::chrono::steady_clock::now() >= end_; }
  /// Milliseconds left, at least 0, at most `bound`: what librdkafka's calls take.
  int Left(std::chrono::milliseconds bound = std::chrono::hours(1)) const;

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace freshet::kafka
