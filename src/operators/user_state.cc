#include "operators/user_state.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/format.h"
#include "operators/history_codec.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kHeadVersion = 7;
constexpr std::uint64_t kListMax = 1 << 16;

std::string HeadKey(std::string_view user) { return KeyBuilder(kUserTable).Text(user).Take(); }

Error CorruptUser(std::string_view user, std::string_view what) {
  return MakeError(ErrorCode::kCorrupt, fmt::format("{} of user \"{}\" is damaged", what, user));
}

void AppendKeys(std::string_view bytes, ItemSet& to) {
  ByteReader reader(bytes);
  while (reader.left() >= sizeof(std::uint64_t)) to.insert(ItemKey{reader.Fixed<std::uint64_t>()});
}

}  // namespace

Result<void> UserLimits::Check() const {
  const std::pair<std::string_view, std::size_t> counts[] = {{"history_events", history_events},
                                                             {"older_seen_items", older_seen_items},
                                                             {"dismissed_items", dismissed_items},
                                                             {"event_ids", event_ids}};
  for (const auto& [name, count] : counts) {
    if (count > 0) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} of a user is 0: a user's state keeps at least 1 of each", name));
  }
  if (event_id_ms > 0) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("event ids are remembered for {} ms: it must be more than 0", event_id_ms));
}

Result<UserState> UserState::Load(State& state, std::string user_id, const UserLimits& limits) {
  UserState user(std::move(user_id), limits);
  const auto head = state.Get(HeadKey(user.user_id_));
  if (!head) return user;
  FRESHET_CHECK(user.LoadHead(*head));
  FRESHET_CHECK(user.LoadBlocks(state));
  if (user.has_profile_) FRESHET_CHECK(user.LoadProfile(state));
  return user;
}

std::string UserState::PartKey(char table, std::uint64_t number) const {
  return KeyBuilder(table).Text(user_id_).Number(number).Take();
}

Result<void> UserState::LoadHead(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint8_t>() != kHeadVersion) return CorruptUser(user_id_, "the head");
  facts.events = reader.Varint();
  facts.last_event.ms = reader.Signed();
  if (!facts.ratings.Decode(reader) || !facts.mix.Decode(reader)) return CorruptUser(user_id_, "the head");
  facts.list_digest = reader.Fixed<std::uint64_t>();
  facts.list_at.ms = reader.Signed();
  facts.inputs_signature = reader.Fixed<std::uint64_t>();
  facts.active_slot = reader.Varint();
  facts.session.id = reader.Fixed<std::uint64_t>();
  facts.session.events = reader.Varint();
  facts.session.slot = reader.Varint();
  if (!facts.standing.Decode(reader)) return CorruptUser(user_id_, "the head");
  has_profile_ = reader.Fixed<std::uint8_t>() != 0;
  older_seen_ = reader.Varint();
  sealed_id_blocks_ = reader.Varint();
  newest_id_at_.ms = reader.Signed();
  open_ids_.resize(std::min(reader.Varint(), kListMax));
  for (std::uint64_t& id : open_ids_) id = reader.Fixed<std::uint64_t>();
  dismissed_.resize(std::min(reader.Varint(), kListMax));
  for (Dismissal& dismissal : dismissed_) dismissal = DecodeDismissal(reader);
  if (!DecodeHistoryBlock(reader, history_) || history_.size() != OpenEvents()) {
    return CorruptUser(user_id_, "the head");
  }
  return {};
}

Result<void> UserState::LoadBlocks(State& state) {
  const std::uint64_t sealed = SealedBlocks();
  if (sealed == 0) return {};
  std::vector<HistoryEvent> open = std::move(history_);
  history_.clear();
  history_.reserve((Slots() + 1) * kBlockEvents);
  const std::uint64_t first = sealed > Slots() ? sealed - Slots() : 0;
  for (std::uint64_t block = first; block < sealed; ++block) {
    const auto bytes = state.Get(PartKey(kHistoryTable, block % Slots()));
    if (!bytes) return CorruptUser(user_id_, "a history block (missing)");
    ByteReader reader(*bytes);
    if (!DecodeHistoryBlock(reader, history_)) return CorruptUser(user_id_, "a history block");
  }
  history_.insert(history_.end(), std::make_move_iterator(open.begin()), std::make_move_iterator(open.end()));
  return {};
}

std::string UserState::EncodeHead() const {
  std::string bytes;
  bytes.reserve(256 + OpenEvents() * 48 + open_ids_.size() * 8);
  ByteWriter writer(bytes);
  writer.Fixed(kHeadVersion);
  writer.Varint(facts.events);
  writer.Signed(facts.last_event.ms);
  facts.ratings.Encode(writer);
  facts.mix.Encode(writer);
  writer.Fixed(facts.list_digest);
  writer.Signed(facts.list_at.ms);
  writer.Fixed(facts.inputs_signature);
  writer.Varint(facts.active_slot);
  writer.Fixed(facts.session.id);
  writer.Varint(facts.session.events);
  writer.Varint(facts.session.slot);
  facts.standing.Encode(writer);
  writer.Fixed(static_cast<std::uint8_t>(profile_.has_value() ? 1 : 0));
  writer.Varint(older_seen_);
  writer.Varint(sealed_id_blocks_);
  writer.Signed(newest_id_at_.ms);
  writer.Varint(open_ids_.size());
  for (const std::uint64_t id : open_ids_) writer.Fixed(id);
  writer.Varint(dismissed_.size());
  for (const Dismissal& dismissal : dismissed_) EncodeDismissal(dismissal, writer);
  EncodeHistoryBlock(std::span(history_).last(OpenEvents()), writer);
  return bytes;
}

void UserState::Save(State& state) {
  const std::uint64_t sealed = SealedBlocks();
  std::sort(dirty_blocks_.begin(), dirty_blocks_.end());
  dirty_blocks_.erase(std::unique(dirty_blocks_.begin(), dirty_blocks_.end()), dirty_blocks_.end());
  const std::size_t kept_sealed = history_.size() - OpenEvents();
  for (const std::uint64_t block : dirty_blocks_) {
    const std::uint64_t back = (sealed - block) * kBlockEvents;
    if (block >= sealed || back > kept_sealed) continue;
    std::string bytes;
    ByteWriter writer(bytes);
    EncodeHistoryBlock(std::span(history_).subspan(kept_sealed - back, kBlockEvents), writer);
    state.Put(PartKey(kHistoryTable, block % Slots()), bytes);
  }
  dirty_blocks_.clear();
  if (head_dirty_) state.Put(HeadKey(user_id_), EncodeHead());
  head_dirty_ = false;
  if (profile_dirty_) SaveProfile(state);
  profile_dirty_ = false;
}

void UserState::Append(State& state, HistoryEvent event) {
  facts.last_event = std::max(facts.last_event, event.at);
  history_.push_back(std::move(event));
  ++facts.events;
  head_dirty_ = true;
  if (OpenEvents() == 0) SealHistoryBlock(state);
}

void UserState::SealHistoryBlock(State& state) {
  const std::uint64_t block = SealedBlocks() - 1;
  dirty_blocks_.push_back(block);
  if (history_.size() <= Slots() * kBlockEvents) return;
  for (const HistoryEvent& leaving : std::span(history_).first(kBlockEvents)) {
    if (leaving.weight != 0) KeepOlderSeen(state, leaving.item);
  }
  history_.erase(history_.begin(), history_.begin() + kBlockEvents);
}

void UserState::KeepOlderSeen(State& state, ItemKey item) {
  const std::uint64_t block = (older_seen_ / kSeenBlockItems) % SeenSlots();
  const std::string key = PartKey(kSeenTable, block);
  std::string bytes;
  if (older_seen_ % kSeenBlockItems != 0) bytes = state.Get(key).value_or("");
  ByteWriter(bytes).Fixed(item.value);
  state.Put(key, bytes);
  ++older_seen_;
}

std::optional<std::size_t> UserState::FindEvent(std::string_view event_id) const {
  for (std::size_t i = history_.size(); i > 0; --i) {
    if (history_[i - 1].event_id == event_id) return i - 1;
  }
  return std::nullopt;
}

void UserState::Mask(std::size_t index) {
  history_[index].weight = 0;
  MarkBlock(index);
}

void UserState::MarkTaught(std::size_t index, std::uint8_t taught) {
  if ((history_[index].taught & taught) == taught) return;
  history_[index].taught |= taught;
  MarkBlock(index);
}

void UserState::MarkBlock(std::size_t index) {
  const std::size_t kept_sealed = history_.size() - OpenEvents();
  if (index < kept_sealed) {
    dirty_blocks_.push_back(SealedBlocks() - (kept_sealed - index + kBlockEvents - 1) / kBlockEvents);
  }
  head_dirty_ = true;
}

bool UserState::RememberEventId(State& state, std::string_view event_id, Timestamp at) {
  if (!ids_loaded_) LoadEventIds(state, at);
  const std::uint64_t hash = Hash64(event_id);
  if (known_ids_.contains(hash)) return false;
  newest_id_at_ = std::max(newest_id_at_, at);
  return RememberHash(state, hash);
}

bool UserState::RememberHash(State& state, std::uint64_t hash) {
  if (!known_ids_.insert(hash).second) return false;
  open_ids_.push_back(hash);
  head_dirty_ = true;
  if (open_ids_.size() == kBlockIds) SealIdBlock(state);
  return true;
}

void UserState::LoadEventIds(State& state, Timestamp at) {
  ids_loaded_ = true;
  known_ids_.insert(open_ids_.begin(), open_ids_.end());
  const std::uint64_t oldest = sealed_id_blocks_ > IdSlots() ? sealed_id_blocks_ - IdSlots() : 0;
  for (std::uint64_t block = sealed_id_blocks_; block > oldest; --block) {
    const auto bytes = state.Get(PartKey(kEventIdTable, (block - 1) % IdSlots()));
    if (!bytes) return;
    ByteReader reader(*bytes);
    if (reader.Signed() < at.ms - limits_.event_id_ms) return;
    while (reader.left() >= sizeof(std::uint64_t)) known_ids_.insert(reader.Fixed<std::uint64_t>());
  }
}

void UserState::SealIdBlock(State& state) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Signed(newest_id_at_.ms);
  for (const std::uint64_t id : open_ids_) writer.Fixed(id);
  state.Put(PartKey(kEventIdTable, sealed_id_blocks_ % IdSlots()), bytes);
  ++sealed_id_blocks_;
  open_ids_.clear();
}

std::uint64_t UserState::UsedSeenSlots() const {
  return std::min<std::uint64_t>(SeenSlots(), (older_seen_ + kSeenBlockItems - 1) / kSeenBlockItems);
}

ItemSet UserState::SeenItems(State& state, std::size_t events) const {
  ItemSet seen;
  seen.reserve(history_.size() * 2);
  for (const HistoryEvent& event : std::span(history_).first(std::min(events, history_.size()))) {
    if (event.weight != 0) seen.insert(event.item);
  }
  for (std::uint64_t block = 0; block < UsedSeenSlots(); ++block) {
    AppendKeys(state.Get(PartKey(kSeenTable, block)).value_or(""), seen);
  }
  return seen;
}

bool UserState::HasHad(State& state, ItemKey item) const {
  for (const HistoryEvent& event : history_) {
    if (event.item == item) return true;
  }
  for (std::uint64_t block = 0; block < UsedSeenSlots(); ++block) {
    ByteReader reader(state.Get(PartKey(kSeenTable, block)).value_or(""));
    while (reader.left() >= sizeof(std::uint64_t)) {
      if (reader.Fixed<std::uint64_t>() == item.value) return true;
    }
  }
  return false;
}

void UserState::Dismiss(const Dismissal& dismissal) {
  std::erase_if(dismissed_, [&](const Dismissal& other) {
    return other.item == dismissal.item && other.scope == dismissal.scope && other.by == dismissal.by;
  });
  dismissed_.push_back(dismissal);
  if (dismissed_.size() > limits_.dismissed_items) dismissed_.erase(dismissed_.begin());
  head_dirty_ = true;
}

void UserState::Undismiss(ItemKey item) {
  const auto ended = std::erase_if(dismissed_, [item](const Dismissal& made) { return made.item == item; });
  head_dirty_ = head_dirty_ || ended > 0;
}

void UserState::UndismissBy(std::string_view event_id) {
  const std::uint64_t by = Hash64(event_id);
  const auto ended = std::erase_if(dismissed_, [by](const Dismissal& made) { return made.by == by; });
  head_dirty_ = head_dirty_ || ended > 0;
}

}  // namespace freshet
