#include "view/newest_records.h"

#include "base/bytes.h"

namespace freshet {
namespace {

constexpr std::size_t kEntryBytes = 192;  // bucket, record and heap headers

std::size_t ValueBytes(const Record& record) { return record.value ? record.value->size() : 0; }

std::string Name(Partition partition, const std::string& key) {
  if (!IsGlobalKey(key)) return key;
  std::string name;
  ByteWriter(name).Fixed(partition.value);
  return name + key;
}

}  // namespace

void NewestRecords::Add(Partition partition, Record record) {
  if (!record.key) record.key.emplace();
  const auto [entry, added] = held_.try_emplace(Name(partition, *record.key));
  Held& held = entry.value();
  if (added) {
    bytes_ += kEntryBytes + 2 * record.key->size();
  } else {
    bytes_ -= ValueBytes(held.record);
  }
  bytes_ += ValueBytes(record);
  held = {partition, std::move(record)};
}

}  // namespace freshet
