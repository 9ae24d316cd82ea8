#include <gtest/gtest.h>

#include "engine/batch.h"

namespace freshet {
namespace {

Record At(std::uint32_t source, std::int64_t offset, std::int64_t ms) {
  Record record;
  record.source = source;
  record.offset = {offset};
  record.timestamp = {ms};
  return record;
}

std::vector<std::pair<std::uint32_t, std::int64_t>> Places(const std::vector<Record>& records) {
  std::vector<std::pair<std::uint32_t, std::int64_t>> places;
  for (const Record& record : records) places.emplace_back(record.source, record.offset.value);
  return places;
}

TEST(MergeInputs, OrdersByTimeThenInputAndKeepsEachInputsOrder) {
  // The second record of input 1 is older than its first: offset order stands above time within an input.
  const std::vector<Record> polled = {At(1, 0, 20), At(1, 1, 5), At(0, 0, 10), At(0, 1, 20), At(2, 0, 20)};
  const std::vector<std::pair<std::uint32_t, std::int64_t>> expected = {
      {0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}};
  EXPECT_EQ(Places(MergeInputs(polled, 3)), expected);
}

TEST(MergeInputs, DoesNotDependOnHowThePollInterleaved) {
  const std::vector<Record> one = {At(0, 0, 1), At(0, 1, 3), At(1, 0, 2), At(1, 1, 4)};
  const std::vector<Record> other = {At(1, 0, 2), At(0, 0, 1), At(1, 1, 4), At(0, 1, 3)};
  EXPECT_EQ(Places(MergeInputs(one, 2)), Places(MergeInputs(other, 2)));
  EXPECT_TRUE(MergeInputs({}, 3).empty());
}

}  // namespace
}  // namespace freshet
