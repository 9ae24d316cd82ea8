#include "models/content_code.h"
#include "operators/user_operator.h"

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

}  // namespace

void UserOperator::Learn(const Profile& event, const Moment& moment, Context& context) {
  Touched* touched = Accept(event.user_id, "", moment, context);
  if (touched == nullptr) return;
  const auto vector = encoder_->Encode(WishOf(event), EvenStatistics());
  if (touched->user.SetProfile({moment.at, vector ? EncodeContent(*vector) : ContentCode()}))
    NameTrigger(*touched, moment, "");
}

}  // namespace freshet
