#pragma once

#include <span>
#include <vector>

#include "base/bytes.h"
#include "freshet/model.h"

namespace freshet {

/// Events of a history block. Item keys first, so that a scan for seen items reads little.
void EncodeHistoryBlock(std::span<const HistoryEvent> events, ByteWriter& to);
/// Appends the block's events; false when the bytes are not a block.
bool DecodeHistoryBlock(ByteReader& from, std::vector<HistoryEvent>& to);

}  // namespace freshet
