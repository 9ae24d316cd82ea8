#include "operators/live_window.h"

#include <string>
#include <utility>

#include "base/bytes.h"
#include "state/keys.h"

namespace freshet {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr std::size_t kClosedPanes = LiveWindow::kPanes - 1;

std::string PaneKey(std::uint64_t slot) { return KeyBuilder(kLiveTable).Number(slot).Take(); }

void FailDamaged(State& state) {
  state.Fail(MakeError(ErrorCode::kCorrupt, "the sums of scored lists are damaged"));
}

}  // namespace

LiveWindow LiveWindow::Load(State& state, std::uint32_t challenger) {
  LiveWindow window;
  window.open_ = LiveScores(challenger);
  const auto bytes = state.Get(KeyBuilder(kLiveTable).View());
  if (!bytes) return window;
  ByteReader reader(*bytes);
  const bool known = reader.Fixed<std::uint8_t>() == kVersion;
  window.scored_ = reader.Varint();
  window.closed_ = reader.Varint();
  LiveScores open;
  if (!known || !open.Decode(reader)) FailDamaged(state);
  window.open_.Merge(open);
  return window;
}

void LiveWindow::Save(State& state) {
  if (!std::exchange(dirty_, false)) return;
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kVersion);
  writer.Varint(scored_);
  writer.Varint(closed_);
  open_.Encode(writer);
  state.Put(KeyBuilder(kLiveTable).View(), bytes);
}

void LiveWindow::Add(const LivePlaces& places, std::uint64_t history_events) {
  open_.Add(places, history_events);
  ++scored_;
  dirty_ = true;
}

void LiveWindow::AddRating(double rating, double predicted, double mean_of_item) {
  open_.ratings().Add(rating, predicted, mean_of_item);
  dirty_ = true;
}

LiveScores LiveWindow::Sum(State& state) const {
  LiveScores sum = open_;
  for (std::uint64_t slot = 0; slot < kClosedPanes && slot < closed_; ++slot) {
    const auto bytes = state.Get(PaneKey(slot));
    LiveScores pane;
    ByteReader reader(bytes.value_or(""));
    if (reader.Fixed<std::uint8_t>() != kVersion || !pane.Decode(reader)) FailDamaged(state);
    sum.Merge(pane);
  }
  return sum;
}

void LiveWindow::ClosePane(State& state) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kVersion);
  open_.Encode(writer);
  state.Put(PaneKey(closed_++ % kClosedPanes), bytes);
  open_ = LiveScores(open_.challenger());
  dirty_ = true;
}

}  // namespace freshet
