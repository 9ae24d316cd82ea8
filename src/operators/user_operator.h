#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/hash_map.h"
#include "codec/decoder.h"
#include "freshet/operator.h"
#include "models/transition_cells.h"
#include "operators/active_users.h"
#include "operators/delta_batch.h"
#include "operators/user_lists.h"
#include "operators/user_options.h"
#include "operators/user_state.h"

namespace freshet {

/// Keyed by user: keeps what each user did, teaches the items through one delta an item and batch, and
/// publishes a user's list when its first k items changed. See operator.h for threads and purity.
class UserOperator final : public Operator {
 public:
  static std::vector<std::string> InputRoles() { return {"interactions", "ratings", "feedback"}; }
  static std::vector<std::string> OutputRoles() { return {"recommendations", "item-deltas"}; }

  explicit UserOperator(UserOperatorOptions options);
  std::vector<std::string> Inputs() const override { return InputRoles(); }
  void Process(const RoledRecord& input, Context& context) override;
  void CloseBatch(Context& context) override;
  void Discard() override;
  bool WantsViewChanges() const override { return options_.publish.refresh_users > 0; }
  bool HasPendingWork() const override { return round_runs_; }

 private:
  /// A user of the running batch, and the record that is to be named as the trigger of its list.
  struct Touched {
    explicit Touched(UserState loaded) : user(std::move(loaded)) {}
    UserState user;
    std::optional<Trigger> trigger;
    Timestamp triggered_at;  ///< append time of the triggering record
    bool refresh_only = false;
  };
  /// What an input record says, whatever its type.
  struct Moment {
    const Record* record = nullptr;
    std::uint32_t input = 0;
    Timestamp at;
  };

  std::optional<Timestamp> EventTime(const std::optional<Timestamp>& given, const Record& record) const;
  Touched* Touch(const std::string& user_id, Context& context);
  void NameTrigger(Touched& touched, const Moment& moment, const std::string& event_id);
  bool IsDuplicate(Touched& touched, const std::string& event_id, const Moment& moment, Context& context);

  void Learn(const Interaction& event, const Moment& moment, Context& context);
  void Learn(const Rating& event, const Moment& moment, Context& context);
  void Learn(const Feedback& event, const Moment& moment, Context& context);
  void Apply(const Interaction& event, const Moment& moment, Touched& touched, Context& context);
  void Retract(const Interaction& event, Touched& touched);
  /// Takes what the event in this place of the history taught back; false when it was taken back before.
  bool TakeBack(std::size_t index, Touched& touched);
  void LearnEvent(Touched& touched, const std::string& item_id, HistoryEvent event, Context& context);
  void LearnFactor(const UserState& user, const HistoryEvent& event, ItemDelta& delta, const ItemView& view);
  void LearnMix(const UserState& user, const HistoryEvent& event, Context& context);
  void LearnRating(Touched& touched, const Rating& event, const Moment& moment, Context& context);
  void AddCells(const std::vector<TouchedCell>& cells, const UserState& user, Partition owner);

  void Publish(Touched& touched, Context& context);
  std::uint64_t InputsSignature(const UserState& user, const ItemView& view) const;

  UserOperatorOptions options_;
  Decoder decoder_;
  UserLists lists_;
  TransitionCounter transitions_;
  RatingModel rating_model_;
  DeltaBatch deltas_;
  std::vector<std::unique_ptr<Touched>> touched_;  // in first-touch order
  BytesMap<std::size_t> index_;
  std::vector<TouchedCell> cells_;
  UserFactor factor_;
  std::uint64_t published_ = 0;  // of this batch: numbers request ids
  bool round_runs_ = false;
};

}  // namespace freshet
