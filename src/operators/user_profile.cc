#include "models/content_code.h"
#include "models/segment_sums.h"
#include "operators/user_operator.h"
#include "rank/segment_lifts.h"

namespace freshet {
namespace {

/// A user's task does not know how rare terms are: each counts alike.
class EvenStatistics final : public TermStatistics {
 public:
  std::uint64_t Texts() const override { return 1; }
  std::uint64_t TextsWith(std::uint64_t) const override { return 1; }
};

/// The entry of an item that would be just what the user looks for: interests may be what the catalogue calls
/// a tag, a category or nothing but a word.
CatalogueItem WishOf(const Profile& profile) {
  CatalogueItem wish;
  wish.tags = profile.interests;
  wish.categories = profile.interests;
  for (const std::vector<std::string>* texts : {&profile.interests, &profile.career_goals}) {
    for (const std::string& text : *texts) wish.text += text + ". ";
  }
  wish.text += profile.occupation;
  for (const ProfileSkill& skill : profile.skills) wish.teaches.push_back({skill.skill_id, {}, {}});
  return wish;
}

/// What users can agree in: short texts, the first by name.
std::vector<UserSegment> SegmentsOf(const Profile& profile) {
  constexpr std::size_t kBytesMax = 64;
  std::vector<UserSegment> segments;
  const auto add = [&](const std::string& name, const std::string& value) {
    if (value.empty() || value.size() > kBytesMax || name.size() > kBytesMax) return;
    if (segments.size() < kProfileSegmentsMax) segments.push_back({SegmentKey(name, value), name, value});
  };
  add("occupation", profile.occupation);
  add("country", profile.country);
  for (const ProfileAttribute& attribute : profile.attributes) add(attribute.name, attribute.value);
  return segments;
}

}  // namespace

void UserOperator::Learn(const Profile& event, const Moment& moment, Context& context) {
  Touched* touched = Accept(event.user_id, "", moment, context);
  if (touched == nullptr) return;
  UserState& user = touched->user;
  const std::vector<UserSegment> before(user.segments().begin(), user.segments().end());
  const auto vector = encoder_->Encode(WishOf(event), EvenStatistics());
  if (!user.SetProfile({moment.at, vector ? EncodeContent(*vector) : ContentCode(), SegmentsOf(event)}))
    return;
  // Items count users as they are: what they had taken counts in the segments that they are in now.
  for (const HistoryEvent& taken : user.history()) {
    CountProfile(before, taken, -1);
    CountProfile(user.segments(), taken, 1);
  }
  NameTrigger(*touched, moment, "");
}

void UserOperator::CountBeginning(const UserState& user, HistoryEvent& event) {
  if (!options_.rank.segments) return;
  const std::uint64_t beginning = BeginningOf(user.facts.events);
  if (beginning == 0) return;
  event.taught |= static_cast<std::uint8_t>(beginning << kTaughtBeginningShift);
  CountSegment(beginning, event, 1);
}

void UserOperator::TakeBeginningBack(const HistoryEvent& event) {
  const std::uint64_t beginning = event.taught >> kTaughtBeginningShift & 3;
  if (beginning == 0) return;
  CountSegment(beginning, event, -1);
}

void UserOperator::CountProfile(std::span<const UserSegment> segments, const HistoryEvent& event, int sign) {
  if (!options_.rank.segments || event.weight <= 0) return;
  for (const UserSegment& segment : segments) CountSegment(segment.key, event, sign);
}

void UserOperator::CountSegment(std::uint64_t segment, const HistoryEvent& event, int sign) {
  AddSegment(deltas_.OfKey(event.item, event.item_partition).segments, segment, static_cast<float>(sign),
             event.at, options_.items.half_lives.back());
}

}  // namespace freshet
