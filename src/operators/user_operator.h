#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash_map.h"
#include "codec/decoder.h"
#include "freshet/operator.h"
#include "models/text_encoder.h"
#include "models/transition_cells.h"
#include "operators/active_users.h"
#include "operators/delta_batch.h"
#include "operators/live_evaluation.h"
#include "operators/net_lesson.h"
#include "operators/rating_predictor.h"
#include "operators/user_link.h"
#include "operators/user_lists.h"
#include "operators/user_options.h"
#include "operators/user_state.h"

namespace freshet {

/// Keyed by user: keeps what each user did, teaches the items through one delta an item and batch, and
/// publishes a user's list when its first k items changed. See operator.h for threads and purity.
///
/// An id that an `identify` event names beside another belongs to that user from then on: what was known
/// moves to it through the topic `user-links`, and what still comes follows
/// (docs/adr/0007-identify-moves-a-user.md).
class UserOperator final : public Operator {
 public:
  static std::vector<std::string> InputRoles() { return {kUserInputs.begin(), kUserInputs.end()}; }
  static std::vector<std::string> OutputRoles() {
    return {"recommendations", "item-deltas", "user-links", "item-model", "evaluations"};
  }

  explicit UserOperator(UserOperatorOptions options);
  std::vector<std::string> Inputs() const override { return InputRoles(); }
  void Process(const RoledRecord& input, Context& context) override;
  void CloseBatch(Context& context) override;
  void Discard() override;
  bool WantsViewChanges() const override {
    return options_.publish.lists && options_.publish.refresh_users > 0;
  }
  bool HasPendingWork() const override { return round_runs_; }

 private:
  /// Where everything about an id has gone.
  struct Alias {
    std::string user_id;
    Partition home;
  };
  /// What an event of the running batch taught the mix, for a retraction in the same batch.
  struct MixLesson {
    Offset offset;
    MixDelta delta;
    UserMix before;
  };
  /// A user of the running batch, and the record that is to be named as the trigger of its list.
  struct Touched {
    explicit Touched(UserState loaded) : user(std::move(loaded)) {}
    UserState user;
    std::optional<Alias> alias;  ///< then there is no state of this id, and none is made
    std::optional<Trigger> trigger;
    Timestamp triggered_at;  ///< append time of the triggering record
    bool refresh_only = false;
    std::vector<MixLesson> lessons;
    bool session_changed = false;  ///< since its record was emitted
  };
  /// What an input record says, whatever its type.
  struct Moment {
    const Record* record = nullptr;
    std::uint32_t input = 0;  ///< whose role, and the place there: those of the sender where it was passed on
    Partition partition;
    Offset offset;
    std::uint8_t hops = 0;  ///< times that it was passed on
    Timestamp at;
  };
  /// Ids that an event's place in the history does not keep.
  struct Named {
    const std::string& item_id;
    std::string_view session_id;  ///< empty: none given
  };
  using History = std::span<const HistoryEvent>;

  // user_operator.cc: records in, lists out.
  std::optional<Timestamp> EventTime(const std::optional<Timestamp>& given, const Record& record) const;
  void ProcessEvent(Moment moment, const std::string& as_user, Context& context);
  Touched* Touch(const std::string& user_id, Context& context);
  /// Null: the record has its outcome. Else it is accepted, and an event of this user.
  Touched* Accept(const std::string& user_id, const std::string& event_id, const Moment& moment,
                  Context& context);
  void NameTrigger(Touched& touched, const Moment& moment, const std::string& event_id);
  void PublishLists(Context& context);
  void Publish(Touched& touched, Context& context);
  void EmitNetLessons(Context& context) const;
  std::uint64_t InputsSignature(const UserState& user, const ItemView& view) const;

  // user_learning.cc: what events teach.
  void Learn(const Interaction& event, const Moment& moment, Context& context);
  void Learn(const Feedback& event, const Moment& moment, Context& context);
  void Apply(const Interaction& event, const Moment& moment, Touched& touched, Context& context);
  HistoryEvent EventOf(const std::string& item_id, const std::string& event_id, const Moment& moment) const;
  void LearnEvent(Touched& touched, const Named& named, HistoryEvent event, Context& context);
  /// The lists that the user has are answered by this event, before anything is learned from it.
  void ScoreLists(UserState& user, ItemKey taken, Context& context);
  bool LearnFactor(const UserState& user, const HistoryEvent& event, ItemDelta& delta, const ItemView& view);
  bool LearnMix(Touched& touched, const HistoryEvent& event, Context& context);
  bool ComputeFactor(History history, ItemKey without, const ItemView& view);
  void AddCells(History history, const HistoryEvent& event);

  // user_sessions.cc: sessions, which others are compared with.
  /// Before the event is appended: it continues the session, or opens one.
  void FollowSession(Touched& touched, std::string_view session_id, HistoryEvent& event, Context& context);
  void EmitSession(Touched& touched, Context& context);
  void EmitSessionRecord(SessionKey key, std::optional<std::string> value, Context& context) const;
  std::uint64_t TakeSessionSlot(Context& context);

  // user_rating.cc: ratings, and what takes them back.
  void Learn(const Rating& event, const Moment& moment, Context& context);
  void LearnRating(Touched& touched, const Rating& event, const Moment& moment, Context& context);
  void ReplaceRating(Touched& touched, ItemKey item, Partition owner, const RatingRecord& last,
                     Context& context);
  /// Teaches items the user's taste after a rating: the rating's own item, or all of the history's anew.
  void TeachTaste(Touched& touched, Context& context);
  void TeachTasteAnew(Touched& touched, const std::optional<TasteLesson>& taught, Context& context);
  /// Takes what these events of the user taught of its taste back.
  void TakeTasteBack(const std::string& user_id, History events, Context& context);
  void TakeRatingBack(UserState& user, ItemKey item, Partition owner, const RatingRecord& rating);

  // user_profile.cc: what users say of themselves.
  void Learn(const Profile& event, const Moment& moment, Context& context);
  /// An event that is about to be appended counts among those of beginners, where its user is one.
  void CountBeginning(const UserState& user, HistoryEvent& event);
  void TakeBeginningBack(const HistoryEvent& event);
  /// A positive event counts, or counts no longer, in these segments.
  void CountProfile(std::span<const UserSegment> segments, const HistoryEvent& event, int sign);
  void CountSegment(std::uint64_t segment, const HistoryEvent& event, int sign);

  // user_retraction.cc: what is taken back.
  void Retract(const Interaction& event, Touched& touched, Context& context);
  /// Takes what the event in this place of the history taught back; nothing where it was taken back before.
  void TakeBack(std::size_t index, Touched& touched, Context& context);
  void TakeBackFromItems(History history, std::size_t index, const ItemView* view);
  void TakeLessonBack(Touched& touched, std::size_t index, Context& context);

  // user_identify.cc: ids that become one user.
  std::optional<Alias> LoadAlias(const std::string& user_id, Context& context) const;
  void SaveAlias(const std::string& user_id, const Alias& alias, Context& context) const;
  /// True when the message was sent on to where the user is now.
  bool SentOn(Touched& touched, UserLink link, const Record& record, Context& context);
  void EmitLink(const UserLink& link, Partition to, const Record& record, Context& context) const;
  void Identify(const Interaction& event, const Moment& moment, Context& context);
  void ProcessLink(const Record& record, Context& context);
  void ProcessClaim(const UserLink& link, const Record& record, Context& context);
  void ProcessHandover(const UserLink& link, const Record& record, Context& context);
  void HandOver(Touched& touched, const UserLink& claim, const Record& record, Context& context);
  void Absorb(Touched& touched, MovedUser moved, Context& context);
  /// False: the user's own rating of the item is the newer one.
  bool AbsorbRating(Touched& touched, const HistoryEvent& event, const RatingRecord& theirs,
                    Context& context);
  /// Takes an event that does not count among the user's back from its items.
  void GiveUp(std::vector<HistoryEvent>& theirs, std::size_t index, Context& context);
  void AbsorbHistory(UserState& user, std::vector<HistoryEvent> theirs, Context& context);

  UserOperatorOptions options_;
  Decoder decoder_;
  std::unique_ptr<const TextEncoder> encoder_ = MakeHashedTextEncoder();
  UserLists lists_;
  TransitionCounter transitions_;
  RatingModel rating_model_;
  RatingPredictor rating_predictor_;
  DeltaBatch deltas_;
  LiveEvaluation evaluation_;
  std::vector<std::unique_ptr<Touched>> touched_;  // in first-touch order
  BytesMap<std::size_t> index_;
  std::vector<NetLesson> net_lessons_;  ///< of this batch
  std::vector<TouchedCell> cells_;
  UserFactor factor_;
  std::size_t mix_events_ = 0;   ///< of this batch: those that could teach the mix
  std::size_t mix_lessons_ = 0;  ///< of this batch
  std::uint64_t published_ = 0;  // of this batch: numbers request ids
  bool round_runs_ = false;
};

/// Why a user's event cannot be learned: its state is damaged.
Rejection UnreadableUser();

}  // namespace freshet
