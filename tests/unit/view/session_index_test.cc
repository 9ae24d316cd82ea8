#include "view/session_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "view/item_view_builder.h"
#include "view/session_codec.h"

namespace freshet {
namespace {

using Reference = std::map<SessionKey, UserSession>;

UserSession RandomSession(std::mt19937_64& random) {
  UserSession session;
  session.start = {static_cast<std::int64_t>(random() % 500)};
  session.items.resize(1 + random() % 6);
  for (ItemKey& item : session.items) item = {random() % 4 == 0 ? random() % 3 : random() % 40};
  return session;
}

Record Published(std::string key, std::optional<std::string> value) {
  Record record;
  record.key = std::move(key);
  record.value = std::move(value);
  return record;
}

std::vector<SessionRef> NewestWith(const Reference& sessions, ItemKey item) {
  std::vector<SessionRef> found;
  for (const auto& [key, session] : sessions) {
    if (std::find(session.items.begin(), session.items.end(), item) != session.items.end())
      found.push_back({session.start, key});
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

void ExpectSame(const SessionIndex& index, const Reference& reference) {
  EXPECT_EQ(index.size(), reference.size());
  Reference visited;
  index.ForEach([&](SessionKey key, const UserSession& session) { visited[key] = session; });
  ASSERT_EQ(visited.size(), reference.size());
  for (const auto& [key, session] : reference) {
    ASSERT_NE(index.Find(key), nullptr);
    EXPECT_EQ(index.Find(key)->items, session.items);
    EXPECT_EQ(visited[key].start, session.start);
  }
  for (std::uint64_t item = 0; item < 42; ++item) {
    const std::vector<SessionRef> expected = NewestWith(reference, {item});
    for (const std::size_t limit : {std::size_t{3}, std::size_t{2000}}) {
      std::vector<SessionRef> newest(limit);
      const SessionsOfItem with = index.With({item}, newest);
      EXPECT_EQ(with.total, expected.size());
      newest.resize(with.found);
      EXPECT_EQ(newest, std::vector<SessionRef>(expected.begin(),
                                                expected.begin() + static_cast<std::ptrdiff_t>(
                                                                       std::min(limit, expected.size()))));
    }
  }
}

TEST(SessionIndex, EqualsAMapAndKeepsOlderVersionsAsTheyWere) {
  std::mt19937_64 random(3);
  SessionIndex index;
  Reference reference;
  std::vector<std::pair<SessionIndex, Reference>> versions;
  for (int step = 0; step < 6'000; ++step) {
    const SessionKey key{random() % 700};
    if (random() % 8 == 0) {
      index.Erase(key);
      reference.erase(key);
    } else {
      UserSession session = RandomSession(random);
      const auto old = reference.find(key);
      if (old != reference.end() && random() % 2 == 0) {  // it goes on
        session.start = old->second.start;
        session.items.insert(session.items.begin(), old->second.items.begin(), old->second.items.end());
      }
      session.items.resize(std::min<std::size_t>(session.items.size(), 12));
      reference[key] = session;
      index.Put(key, std::move(session));
    }
    if (step % 1500 == 700) versions.emplace_back(index.Share(), reference);
  }
  ExpectSame(index, reference);
  for (const auto& [older, then] : versions) ExpectSame(older, then);
}

TEST(SessionIndex, CountsItsBytesDownToNothing) {
  std::mt19937_64 random(5);
  SessionIndex index;
  for (std::uint64_t key = 0; key < 500; ++key) index.Put({key}, RandomSession(random));
  EXPECT_GT(index.Bytes(), 500U * 100);
  for (std::uint64_t key = 0; key < 500; ++key) index.Erase({key});
  EXPECT_EQ(index.Bytes(), 0U);
}

TEST(SessionCodec, ReadsBackWhatItWroteAndRefusesEveryShortening) {
  UserSession session;
  session.start = {1'700'000'000'123};
  for (const std::uint64_t item : {7, 7, 9, 7, 11, 9}) session.items.push_back({item});
  const std::string bytes = EncodeSession(session);
  const auto read = DecodeSession(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->items, session.items);
  EXPECT_EQ(read->start, session.start);
  EXPECT_LT(bytes.size(), 45U) << "an item that comes again is one byte";
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(DecodeSession(bytes.substr(0, length)).ok()) << length;
  std::mt19937_64 random(3);
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    static_cast<void>(DecodeSession(damaged));  // any answer, no crash
  }
}

TEST(SessionCodec, TellsItsKeysFromAllOthers) {
  const SessionKey key = SessionKey::Of({3}, 70'000);
  EXPECT_EQ(DecodeSessionKey(EncodeSessionKey(key)), key);
  EXPECT_FALSE(DecodeSessionKey("item").has_value());
  EXPECT_FALSE(DecodeSessionKey(EncodeSessionKey(key).substr(0, 9)).has_value());
  EXPECT_EQ(SessionPartition(key, 4).value, 0);
}

/// The order in which partitions are read, and records that others replaced, leave no trace.
TEST(SessionView, IsAFunctionOfTheNewestRecords) {
  std::mt19937_64 random(9);
  std::vector<std::pair<std::string, std::optional<std::string>>> records;
  Reference reference;
  for (int i = 0; i < 900; ++i) {
    const SessionKey key = SessionKey::Of({static_cast<std::int32_t>(random() % 2)}, random() % 120);
    if (random() % 20 == 0) {
      records.emplace_back(EncodeSessionKey(key), std::nullopt);
      reference.erase(key);
      continue;
    }
    reference[key] = RandomSession(random);
    records.emplace_back(EncodeSessionKey(key), EncodeSession(reference[key]));
  }
  ItemViewBuilder all({}, 1);
  for (std::size_t i = 0; i < records.size(); ++i) {
    ASSERT_TRUE(all.Apply({0}, Published(records[i].first, records[i].second)).ok());
    if (i % 100 == 0) static_cast<void>(all.Publish());
  }
  std::vector<SessionKey> keys;
  for (const auto& [key, session] : reference) keys.push_back(key);
  std::shuffle(keys.begin(), keys.end(), random);
  ItemViewBuilder newest({}, 1);
  for (const SessionKey key : keys) {
    ASSERT_TRUE(newest.Apply({0}, Published(EncodeSessionKey(key), EncodeSession(reference[key]))).ok());
  }
  const auto one = all.Publish();
  const auto other = newest.Publish();
  ASSERT_EQ(one->SessionCount(), reference.size());
  EXPECT_EQ(one->Bytes() > 0, other->Bytes() > 0);
  for (std::uint64_t item = 0; item < 42; ++item) {
    std::vector<SessionRef> a(20);
    std::vector<SessionRef> b(20);
    EXPECT_EQ(one->SessionsWith({item}, a).total, other->SessionsWith({item}, b).total);
    EXPECT_EQ(a, b);
  }
  EXPECT_FALSE(all.Apply({0}, Published(EncodeSessionKey({1}), "damaged")).ok());
}

}  // namespace
}  // namespace freshet
