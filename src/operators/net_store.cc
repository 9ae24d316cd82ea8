#include "operators/net_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/format.h"
#include "models/next_item_net_codec.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kHeadVersion = 1;
constexpr char kHeadTable = 'h';
constexpr char kGlobalRowTable = 'g';
constexpr char kItemRowTable = 'i';
constexpr char kUserRowTable = 'u';
constexpr char kRingRowTable = 'r';
constexpr char kPendingLessonsTable = 'p';

struct Head {
  bool checkpoint = false;
  std::uint64_t first = 0;  ///< pending batches are [first, next)
  std::uint64_t next = 0;
};

Error Damaged(char table, std::uint64_t number) {
  return MakeError(
      ErrorCode::kCorrupt,
      fmt::format("row {} of table '{}' of the network's state is damaged or missing", number, table));
}

Result<Head> ReadHead(State& state) {
  const auto bytes = state.Get(KeyBuilder(kHeadTable).View());
  if (!bytes) return Head();
  ByteReader from(*bytes);
  const bool known = from.Fixed<std::uint8_t>() == kHeadVersion;
  Head head;
  head.checkpoint = from.Fixed<std::uint8_t>() != 0;
  head.first = from.Varint();
  head.next = from.Varint();
  if (!known || !from.ok() || from.left() != 0 || head.first > head.next) return Damaged(kHeadTable, 0);
  return head;
}

void WriteHead(State& state, const Head& head) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Fixed(kHeadVersion);
  to.Fixed(static_cast<std::uint8_t>(head.checkpoint ? 1 : 0));
  to.Varint(head.first);
  to.Varint(head.next);
  state.Put(KeyBuilder(kHeadTable).View(), bytes);
}

std::string RowKey(char table, std::uint64_t number) { return KeyBuilder(table).Number(number).Take(); }

bool ReadItem(State& state, std::uint64_t number, NextItemNetCodec& codec) {
  const auto bytes = state.Get(RowKey(kItemRowTable, number));
  if (!bytes || bytes->size() < sizeof(std::uint64_t)) return false;
  ByteReader from(bytes->substr(0, sizeof(std::uint64_t)));
  return codec.AddItem({from.Fixed<std::uint64_t>()}, bytes->substr(sizeof(std::uint64_t)));
}

Result<std::unique_ptr<NextItemNet>> ReadCheckpoint(State& state, const NextItemNetOptions& options) {
  NextItemNetCodec codec(options);
  const auto global = state.Get(KeyBuilder(kGlobalRowTable).View());
  if (!global || !codec.AddGlobal(*global)) return Damaged(kGlobalRowTable, 0);
  for (std::uint64_t i = 0; i < codec.items(); ++i) {
    if (!ReadItem(state, i, codec)) return Damaged(kItemRowTable, i);
  }
  for (std::size_t row = 0; row < codec.ring_rows(); ++row) {
    const auto bytes = state.Get(RowKey(kRingRowTable, row));
    if (!bytes || !codec.AddRing(row, *bytes)) return Damaged(kRingRowTable, row);
  }
  for (const std::uint64_t user : codec.RingUsers()) {
    const auto bytes = state.Get(RowKey(kUserRowTable, user));
    if (!bytes || !codec.AddUser(user, *bytes)) return Damaged(kUserRowTable, user);
  }
  auto net = codec.Finish();
  if (net == nullptr) return MakeError(ErrorCode::kCorrupt, "the rows of the network do not fit together");
  return net;
}

void PutItem(State& state, const NextItemNet& net, std::uint32_t item) {
  std::string bytes;
  ByteWriter to(bytes);
  to.Fixed(net.key(item).value);
  to.Raw(NextItemNetCodec::EncodeItem(net, item));
  state.Put(RowKey(kItemRowTable, item), bytes);
}

}  // namespace

Result<NetTrainer> NetStore::Load(State& state, const NetTrainingOptions& options) {
  FRESHET_TRY(const Head head, ReadHead(state));
  std::unique_ptr<NextItemNet> net;
  if (head.checkpoint) {
    FRESHET_TRY(net, ReadCheckpoint(state, options.net));
  } else {
    net = std::make_unique<NextItemNet>(options.net);
  }
  NetTrainer trainer(options, std::move(net));
  for (std::uint64_t number = head.first; number < head.next; ++number) {
    const auto bytes = state.Get(RowKey(kPendingLessonsTable, number));
    if (!bytes) return Damaged(kPendingLessonsTable, number);
    FRESHET_TRY(const std::vector<NetLesson> batch, DecodeNetLessons(*bytes));
    trainer.Learn(batch);
    if (trainer.PublicationDue()) trainer.TakeChangedChunks();
  }
  return trainer;
}

Result<void> NetStore::AddPending(State& state, std::span<const NetLesson> batch) {
  FRESHET_TRY(Head head, ReadHead(state));
  state.Put(RowKey(kPendingLessonsTable, head.next++), EncodeNetLessons(batch));
  WriteHead(state, head);
  return {};
}

Result<void> NetStore::WriteCheckpoint(State& state, NetTrainer& trainer) {
  FRESHET_TRY(Head head, ReadHead(state));
  const NextItemNet& net = trainer.net();
  const NetTrainer::Changes changes = trainer.TakeChanges();
  for (const std::uint32_t item : changes.items) PutItem(state, net, item);
  for (const std::uint64_t user : changes.users) {
    if (net.history().users().contains(user)) {
      state.Put(RowKey(kUserRowTable, user), NextItemNetCodec::EncodeUser(net, user));
    } else {
      state.Delete(RowKey(kUserRowTable, user));
    }
  }
  for (const std::size_t row : changes.ring_rows) {
    state.Put(RowKey(kRingRowTable, row), NextItemNetCodec::EncodeRing(net, row));
  }
  state.Put(KeyBuilder(kGlobalRowTable).View(), NextItemNetCodec::EncodeGlobal(net));
  for (std::uint64_t number = head.first; number < head.next; ++number) {
    state.Delete(RowKey(kPendingLessonsTable, number));
  }
  WriteHead(state, {true, head.next, head.next});
  return {};
}

}  // namespace freshet
