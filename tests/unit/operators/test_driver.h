#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/format.h"
#include "base/hash.h"
#include "codec/recommendation_list.h"
#include "operators/item_operator.h"
#include "operators/user_operator.h"
#include "state/map_state.h"
#include "view/item_view_builder.h"

namespace freshet::test {

struct Letter {
  std::string reason_code;
  std::string path;
};

struct Counts {
  int accepted = 0;
  int duplicate = 0;
  int rejected = 0;
  int Sum() const { return accepted + duplicate + rejected; }
};

/// One operator over a map, with what it emitted: a task without a log.
class TaskDriver final : public Context {
 public:
  explicit TaskDriver(Operator& op, Partition partition = {0})
      : operator_(op), overlay_(below_), partition_(partition) {}

  /// `input`: index into Operator::Inputs. Offsets rise by one an input.
  void Feed(std::uint32_t input, Record record) {
    record.source = input;
    record.offset = {next_[input]++};
    const int before = counts.Sum();
    operator_.Process({input, &record}, *this);
    EXPECT_EQ(counts.Sum(), before + 1) << "an input record has exactly one outcome";
  }
  void Close() {
    operator_.CloseBatch(*this);
    EXPECT_FALSE(overlay_.Failure().has_value());
    below_.Apply(overlay_);
    overlay_.Clear();
    ++sequence_;
    committed_ = {next_, watermark_, counts, emitted.size(), letters.size()};
  }
  /// The batch's transaction was aborted, before its close or after it: the log gives the same records again.
  void Abort(bool after_close) {
    if (after_close) operator_.CloseBatch(*this);
    operator_.Discard();
    overlay_.Clear();
    next_ = committed_.next;
    watermark_ = committed_.watermark;
    counts = committed_.counts;
    emitted.resize(committed_.emitted);
    letters.resize(committed_.letters);
  }
  std::vector<OutputRecord> TakeEmitted() {
    committed_.emitted = 0;
    return std::exchange(emitted, {});
  }
  void Pin(std::shared_ptr<const ItemView> view) { view_ = std::move(view); }
  const std::map<std::string, std::string, std::less<>>& Committed() const { return below_.Entries(); }
  const std::optional<Error>& Failure() const { return overlay_.Failure(); }

  State& state() override { return overlay_; }
  const ItemView* items() const override { return view_.get(); }
  Timestamp watermark() const override { return watermark_; }
  void AdvanceWatermark(Timestamp event_time) override { watermark_ = std::max(watermark_, event_time); }
  Timestamp BatchTime() const override { return {watermark_.ms + 5}; }
  std::int64_t Sequence() const override { return sequence_; }
  Partition partition() const override { return partition_; }
  void Emit(OutputRecord record) override { emitted.push_back(std::move(record)); }
  void Reject(const Record& /*record*/, Rejection rejection) override {
    ++counts.rejected;
    letters.push_back({rejection.reason_code, rejection.path});
  }
  void Count(Outcome outcome) override {
    if (outcome == Outcome::kAccepted) ++counts.accepted;
    if (outcome == Outcome::kDuplicate) ++counts.duplicate;
    if (outcome == Outcome::kRejected) ++counts.rejected;
  }

  void Skip(std::string why) override { skipped.push_back(std::move(why)); }

  std::vector<OutputRecord> emitted;
  std::vector<std::string> skipped;
  std::vector<Letter> letters;
  Counts counts;

 private:
  struct Kept {
    std::map<std::uint32_t, std::int64_t> next;
    Timestamp watermark;
    Counts counts;
    std::size_t emitted = 0;
    std::size_t letters = 0;
  };
  Operator& operator_;
  MapState below_;
  Overlay overlay_;
  Partition partition_;
  std::shared_ptr<const ItemView> view_;
  std::map<std::uint32_t, std::int64_t> next_;
  Timestamp watermark_;
  std::int64_t sequence_ = 1;
  Kept committed_;
};

inline UserOperatorOptions UserOptions() {
  UserOperatorOptions options;
  options.topics = {"interactions", "ratings", "feedback", "user-links", "profiles"};
  return options;
}

/// A user task, an item task and the view between them, without a log: events in, lists out.
class TestDriver {
 public:
  enum Input : std::uint32_t { kInteractions = 0, kRatings = 1, kFeedback = 2, kProfiles = 4 };
  static constexpr std::int64_t kStart = 1'700'000'000'000;

  explicit TestDriver(const UserOperatorOptions& options = UserOptions())
      : user_operator_(options),
        item_operator_(ItemOptionsFor(options)),
        user(user_operator_),
        item(item_operator_),
        view_({}, 1) {
    user.Pin(view_.Publish());
  }

  /// `more`: further members, each with a comma in front.
  void Interact(const std::string& user_id, const std::string& item_id, const std::string& type = "click",
                const std::string& event_id = "", const std::string& more = "") {
    std::string json = fmt::format(R"({{"user_id":"{}","type":"{}")", user_id, type);
    if (!item_id.empty()) json += fmt::format(R"(,"item_id":"{}")", item_id);
    if (!event_id.empty()) json += fmt::format(R"(,"event_id":"{}")", event_id);
    Send(kInteractions, user_id, json + more + "}");
  }
  void Retract(const std::string& user_id, const std::string& event_id) {
    Interact(user_id, "any", "retract", "", fmt::format(R"(,"retracts":"{}")", event_id));
  }
  /// `stars`: a JSON number or null.
  void Rate(const std::string& user_id, const std::string& item_id, const std::string& stars,
            std::int64_t rated_at) {
    Send(kRatings, user_id,
         fmt::format(R"({{"user_id":"{}","item_id":"{}","rating":{},"rated_at":{}}})", user_id, item_id,
                     stars, rated_at));
  }
  void GiveFeedback(const std::string& user_id, const std::string& item_id, const std::string& type,
                    const std::string& more = "") {
    Send(kFeedback, user_id,
         fmt::format(R"({{"request_id":"r","user_id":"{}","item_id":"{}","type":"{}"{}}})", user_id, item_id,
                     type, more));
  }
  void Send(Input input, const std::string& key, const std::optional<std::string>& value) {
    Record record;
    record.key = key;
    record.value = value;
    record.timestamp = {now_ms += 1000};
    user.Feed(input, std::move(record));
  }
  void Catalogue(const std::string& item_id, bool gone = false) {
    Record record;
    record.key = item_id;
    if (!gone)
      record.value =
          fmt::format(R"({{"item_id":"{}","item_type":"product","title":"Title of {}"}})", item_id, item_id);
    record.timestamp = {now_ms};
    item.Feed(1, std::move(record));
  }

  /// Ends the user task's batch: `published` has its lists, `lists` the last of each user.
  void CloseUsers() {
    user.Close();
    published.clear();
    for (OutputRecord& out : user.TakeEmitted()) {
      if (out.to.topic == "user-links") {
        links_.push_back(std::move(out));
        continue;
      }
      if (out.to.topic == "item-model") {
        sessions_.push_back(std::move(out));
        continue;
      }
      if (out.to.topic == "evaluations") {
        evaluations.push_back(std::move(out));
        continue;
      }
      if (out.to.topic != "recommendations") {
        deltas_.push_back(std::move(out));
        continue;
      }
      if (!out.value) {
        lists.erase(*out.key);
        continue;
      }
      auto list = DecodeRecommendationList(*out.value);
      ASSERT_TRUE(list.ok()) << list.error().message;
      EXPECT_EQ(out.key, list->user_id);
      published.push_back(*list);
      lists[list->user_id] = std::move(*list);
    }
  }
  /// The user task reads the links that it wrote, until it writes none.
  void Link() {
    while (!links_.empty()) {
      for (OutputRecord& link : std::exchange(links_, {})) {
        Record record;
        record.key = link.key;
        record.value = std::move(link.value);
        record.headers = std::move(link.headers);
        record.timestamp = {now_ms};
        user.Feed(kLinksInput, std::move(record));
      }
      CloseUsers();
    }
  }
  /// The item task reads what the user task wrote, and the user task's next batch pins what comes of it.
  void Learn() {
    for (OutputRecord& delta : deltas_) {
      Record record;
      record.value = std::move(delta.value);
      record.timestamp = {now_ms};
      item.Feed(0, std::move(record));
    }
    deltas_.clear();
    item.Close();
    std::vector<OutputRecord> model = std::exchange(sessions_, {});
    for (OutputRecord& out : item.TakeEmitted()) model.push_back(std::move(out));
    for (OutputRecord& out : model) {
      Record record;
      record.offset = {view_next_++};
      record.key = out.key;
      record.value = out.value;
      EXPECT_TRUE(view_.Apply({0}, record).ok());
    }
    view = view_.Publish();
    user.Pin(view);
  }
  void Close() {
    CloseUsers();
    Link();
    Learn();
  }

  const ItemModel* Item(const std::string& item_id) const {
    return view == nullptr ? nullptr : view->Find(KeyOfItem(item_id));
  }
  bool Recommends(const std::string& user_id, const std::string& item_id) const {
    const auto list = lists.find(user_id);
    if (list == lists.end()) return false;
    const auto& items = list->second.items;
    return std::any_of(items.begin(), items.end(),
                       [&](const RecommendedItem& listed) { return listed.item_id == item_id; });
  }

  std::int64_t now_ms = kStart;

 private:
  static ItemOperatorOptions ItemOptionsFor(const UserOperatorOptions& users) {
    ItemOperatorOptions items;
    items.content = users.rank.content;
    items.mix = ListBuilder(users.rank).Shape();
    return items;
  }
  UserOperator user_operator_;
  ItemOperator item_operator_;

 public:
  TaskDriver user;
  TaskDriver item;
  std::map<std::string, RecommendationList> lists;
  std::vector<RecommendationList> published;
  std::vector<OutputRecord> evaluations;  ///< all
  std::shared_ptr<const ItemSnapshot> view;

 private:
  ItemViewBuilder view_;
  std::int64_t view_next_ = 0;
  std::vector<OutputRecord> deltas_;
  std::vector<OutputRecord> links_;
  std::vector<OutputRecord> sessions_;
};

}  // namespace freshet::test
