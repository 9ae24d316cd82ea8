#include "models/segment_sums.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet {
namespace {

constexpr HalfLife kDay{24LL * 3600 * 1000};

TEST(SegmentSums, HalveEachHalfLife) {
  SegmentSums sums;
  AddSegment(sums, 7, 1, {0}, kDay);
  AddSegment(sums, 9, 1, {2 * kDay.ms}, kDay);
  EXPECT_FLOAT_EQ(SegmentWeight(sums, 7), 0.25F);
  EXPECT_FLOAT_EQ(SegmentWeight(sums, 9), 1);
  EXPECT_FLOAT_EQ(SegmentWeight(sums, 8), 0);
}

TEST(SegmentSums, WhatIsTakenBackLeavesNothing) {
  SegmentSums sums;
  AddSegment(sums, 7, 1, {kDay.ms / 3}, kDay);
  AddSegment(sums, 7, -1, {kDay.ms / 3}, kDay);
  EXPECT_TRUE(sums.cells.empty());
}

TEST(SegmentSums, MergedPartsAreTheWhole) {
  SegmentSums whole;
  SegmentSums early;
  SegmentSums late;
  for (std::uint64_t event = 0; event < 60; ++event) {
    const Timestamp at{static_cast<std::int64_t>(event) * kDay.ms / 4};
    AddSegment(whole, event % 7, 1, at, kDay);
    AddSegment(event < 30 ? early : late, event % 7, 1, at, kDay);
  }
  SegmentSums backwards = late;
  MergeSegments(backwards, early, kDay);
  MergeSegments(early, late, kDay);
  for (std::uint64_t segment = 0; segment < 7; ++segment) {
    EXPECT_FLOAT_EQ(SegmentWeight(early, segment), SegmentWeight(whole, segment));
    EXPECT_FLOAT_EQ(SegmentWeight(backwards, segment), SegmentWeight(whole, segment));
  }
}

TEST(SegmentSums, KeepTheStrongest) {
  SegmentSums sums;
  for (std::uint64_t segment = 1; segment <= 2 * kSegmentsMax; ++segment) {
    AddSegment(sums, segment, static_cast<float>(segment), {0}, kDay);
  }
  EXPECT_EQ(sums.cells.size(), kSegmentsMax);
  EXPECT_GT(SegmentWeight(sums, 2 * kSegmentsMax), 0);
  EXPECT_FLOAT_EQ(SegmentWeight(sums, 1), 0);
}

TEST(SegmentSums, AreReadAsTheyWereWritten) {
  SegmentSums sums;
  AddSegment(sums, 1, 2, {kDay.ms * 3}, kDay);
  AddSegment(sums, UINT64_MAX, 0.5F, {kDay.ms * 3}, kDay);
  std::string bytes;
  ByteWriter writer(bytes);
  EncodeSegments(sums, writer);
  ByteReader reader(bytes);
  SegmentSums read;
  ASSERT_TRUE(DecodeSegments(reader, read));
  EXPECT_EQ(read.landmark, sums.landmark);
  ASSERT_EQ(read.cells.size(), 2U);
  EXPECT_FLOAT_EQ(SegmentWeight(read, UINT64_MAX), SegmentWeight(sums, UINT64_MAX));
  ByteReader half(std::string_view(bytes).substr(0, bytes.size() - 1));
  EXPECT_FALSE(DecodeSegments(half, read));
}

}  // namespace
}  // namespace freshet
