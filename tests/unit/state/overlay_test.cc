#include "state/overlay.h"

#include <gtest/gtest.h>

#include "state/map_state.h"

namespace freshet {
namespace {

std::string Written(const Overlay& overlay) {
  std::string text;
  overlay.ForEachSorted([&text](std::string_view key, std::optional<std::string_view> value) {
    text += std::string(key) + "=" + std::string(value.value_or("<deleted>")) + " ";
  });
  return text;
}

class OverlayTest : public ::testing::Test {
 protected:
  void Commit() {
    committed_.Apply(overlay_);
    overlay_.Clear();
  }
  MapState committed_;
  Overlay overlay_{committed_};
};

TEST_F(OverlayTest, ReadsItsOwnWritesBeforeTheCommittedState) {
  overlay_.Put("a", "1");
  overlay_.Put("b", "2");
  Commit();
  overlay_.Put("a", "new");
  overlay_.Delete("b");
  EXPECT_EQ(overlay_.Get("a"), "new");
  EXPECT_EQ(overlay_.Get("b"), std::nullopt);
  EXPECT_EQ(committed_.Entries().at("a"), "1");
  overlay_.Clear();
  EXPECT_EQ(overlay_.Get("a"), "1");
  EXPECT_EQ(overlay_.Get("b"), "2");
}

TEST_F(OverlayTest, VisitsDirtyKeysInByteOrder) {
  overlay_.Put("b", "2");
  overlay_.Put("\xff", "last");
  overlay_.Delete("a");
  EXPECT_EQ(Written(overlay_), "a=<deleted> b=2 \xff=last ");
  overlay_.Put("aa", "3");
  overlay_.Put("a", "back");
  EXPECT_EQ(Written(overlay_), "a=back aa=3 b=2 \xff=last ");
}

TEST_F(OverlayTest, TakesAValueThatItReturnedItself) {
  overlay_.Put("a", std::string(100, 'a'));
  for (int i = 0; i < 200; ++i) overlay_.Put("copy" + std::to_string(i), *overlay_.Get("a"));
  overlay_.Put("a", overlay_.Get("a")->substr(50));
  EXPECT_EQ(overlay_.Get("a"), std::string(50, 'a'));
  EXPECT_EQ(overlay_.Get("copy199"), std::string(100, 'a'));
}

TEST_F(OverlayTest, CountsItsBytes) {
  EXPECT_EQ(overlay_.Bytes(), 0U);
  overlay_.Put("a", std::string(1000, 'x'));
  EXPECT_GT(overlay_.Bytes(), 1000U);
  overlay_.Put("a", "x");
  EXPECT_LT(overlay_.Bytes(), 200U);
  overlay_.Delete("a");
  EXPECT_EQ(overlay_.Count(), 1U);
  overlay_.Clear();
  EXPECT_EQ(overlay_.Bytes(), 0U);
  EXPECT_TRUE(overlay_.Empty());
}

class BrokenState final : public CommittedState {
 public:
  Result<std::optional<std::string_view>> Read(std::string_view) override {
    return MakeError(ErrorCode::kIo, "disk gone");
  }
};

TEST(Overlay, KeepsTheFailureOfARead) {
  BrokenState broken;
  Overlay overlay(broken);
  EXPECT_FALSE(overlay.Failure());
  EXPECT_EQ(overlay.Get("a"), std::nullopt);
  ASSERT_TRUE(overlay.Failure());
  EXPECT_EQ(overlay.Failure()->code, ErrorCode::kIo);
  overlay.Clear();
  EXPECT_FALSE(overlay.Failure());
}

TEST(OverlayDeathTest, RefusesReservedKeys) {
  MapState committed;
  Overlay overlay(committed);
  EXPECT_DEATH(overlay.Put(std::string_view("\0P", 2), "x"), "IsReservedKey");
}

}  // namespace
}  // namespace freshet
