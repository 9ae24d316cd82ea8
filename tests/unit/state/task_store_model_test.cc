// A TaskStore under an Overlay against a std::map: random batches, discards, reopens, kills and evictions.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "state/digest.h"
#include "store_fixture.h"

namespace freshet {
namespace {

enum class Step { kPut, kDelete, kGet, kCommit, kDiscard, kReopen, kKill, kCheck };

class StoreAndModel {
 public:
  explicit StoreAndModel(std::size_t memory_bytes_max)
      : memory_bytes_max_(memory_bytes_max), path_(directory_.Sub("life0")) {
    Open();
  }

  void Do(Step step, const std::string& key, const std::string& value) {
    switch (step) {
      case Step::kPut:
        return Put(key, value);
      case Step::kDelete:
        return Delete(key);
      case Step::kGet:
        return Compare(key);
      case Step::kCommit:
        return Commit();
      case Step::kDiscard:
        return Discard();
      case Step::kReopen:
        return Reopen();
      case Step::kKill:
        return Kill();
      case Step::kCheck:
        return CompareAll();
    }
  }

  void CompareAll() {
    RC_ASSERT(Dump(*store_) == committed_);
    StateDigest expected;
    for (const auto& [key, value] : committed_) expected.Add(key, value);
    RC_ASSERT(*DigestOf(*store_) == expected);
    RC_ASSERT(store_->LastCommit().has_value() == (seq_ > 0));
    if (seq_ > 0) RC_ASSERT(*store_->LastCommit() == PointAt(seq_));
  }

 private:
  void Open() {
    store_ = MustOpen(StoreAt(path_, memory_bytes_max_));
    overlay_ = std::make_unique<Overlay>(*store_);
    pending_ = committed_;
  }
  void Put(const std::string& key, const std::string& value) {
    overlay_->Put(key, value);
    pending_[key] = value;
  }
  void Delete(const std::string& key) {
    overlay_->Delete(key);
    pending_.erase(key);
  }
  void Compare(const std::string& key) {
    const auto read = overlay_->Get(key);
    const auto expected = pending_.find(key);
    RC_ASSERT(read.has_value() == (expected != pending_.end()));
    if (read) RC_ASSERT(*read == expected->second);
  }
  void Commit() {
    RC_ASSERT(store_->Apply(*overlay_, PointAt(++seq_)).ok());
    overlay_->Clear();
    committed_ = pending_;
  }
  void Discard() {
    overlay_->Clear();
    pending_ = committed_;
  }
  void Reopen() {
    overlay_.reset();
    store_.reset();
    Open();
  }
  // The new life begins from what the disk held when the old one was still open.
  void Kill() {
    const std::string next = directory_.Sub("life" + std::to_string(++lives_));
    CopyAsAfterKill(path_, next);
    overlay_.reset();
    store_.reset();
    path_ = next;
    Open();
  }

  TemporaryDirectory directory_;
  std::size_t memory_bytes_max_;
  std::string path_;
  int lives_ = 0;
  std::uint64_t seq_ = 0;
  std::unique_ptr<TaskStore> store_;
  std::unique_ptr<Overlay> overlay_;
  std::map<std::string, std::string> committed_;
  std::map<std::string, std::string> pending_;
};

Step ChooseStep() {
  return *rc::gen::weightedElement<Step>({{30, Step::kPut},
                                          {10, Step::kDelete},
                                          {40, Step::kGet},
                                          {12, Step::kCommit},
                                          {3, Step::kDiscard},
                                          {1, Step::kReopen},
                                          {1, Step::kKill},
                                          {3, Step::kCheck}});
}

TEST(TaskStoreModel, AgreesWithAMapThroughCommitsReopensAndKills) {
  EXPECT_TRUE(rc::check("random life of a store", [] {
    StoreAndModel pair(*rc::gen::element<std::size_t>(0, 1500, 1 << 20));
    const int steps = *rc::gen::inRange(1, 300);
    for (int i = 0; i < steps; ++i) {
      const auto key_number = *rc::gen::inRange(0, 60);
      const std::string key = (key_number % 2 == 0 ? "u" : "\xff") + std::to_string(key_number);
      pair.Do(ChooseStep(), key, std::string(*rc::gen::inRange<std::size_t>(0, 300), 'v'));
    }
    pair.CompareAll();
  }));
}

}  // namespace
}  // namespace freshet
