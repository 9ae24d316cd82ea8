#include "integration/kill/event_stream.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "base/format.h"

namespace freshet::testing {
namespace {

constexpr std::size_t kUsers = 3'000;
constexpr std::size_t kItems = 1'000;
constexpr std::size_t kCopiedFromLast = 1'000;
constexpr std::int64_t kFirstMs = 1'750'000'000'000;

class Zipf {
 public:
  Zipf(std::size_t count, double exponent) {
    double sum = 0;
    for (std::size_t i = 1; i <= count; ++i) {
      sum += std::pow(static_cast<double>(i), -exponent);
      sums_.push_back(sum);
    }
  }
  std::size_t Draw(double uniform) const {
    const auto at = std::lower_bound(sums_.begin(), sums_.end(), uniform * sums_.back());
    return std::min<std::size_t>(static_cast<std::size_t>(at - sums_.begin()), sums_.size() - 1);
  }

 private:
  std::vector<double> sums_;
};

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed), users_(kUsers, 0.8), items_(kItems, 1.0) {}

  std::vector<StreamEvent> Make(std::size_t count) {
    for (std::size_t item = 0; item < kItems; ++item) Add("catalogue", CatalogueItem(item));
    while (events_.size() < count) AddOne();
    return std::move(events_);
  }

 private:
  double Uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }
  std::size_t Below(std::size_t limit) { return random_() % limit; }

  void Add(std::string topic, std::string payload, EventFate fate = EventFate::kAccepted) {
    events_.push_back({std::move(topic), std::move(payload), fate});
  }

  void AddOne() {
    ++serial_;
    user_ = users_.Draw(Uniform());
    item_ = items_.Draw(Uniform());
    time_ = kFirstMs + static_cast<std::int64_t>(serial_) * 1'000 - static_cast<std::int64_t>(Below(60'000));
    const double kind = Uniform();
    if (kind < 0.01) return AddBad();
    if (kind < 0.04) return AddCopy();
    if (kind < 0.045) return Add("catalogue", CatalogueItem(item_));
    AddOwn(kind);
    last_.push_back({events_.size() - 1, user_, serial_});
  }

  void AddOwn(double kind) {
    if (kind < 0.055 && !last_.empty()) return Add("interactions", Retraction());
    if (kind < 0.10) return Add("ratings", Rating(1 + static_cast<int>(Below(5))));
    if (kind < 0.12) {
      return Add("feedback",
                 fmt::format(R"({{"event_id":"e-{}","request_id":"r-{}","user_id":"u-{}","type":"dismiss",)"
                             R"("item_id":"i-{}","reason":"not_relevant","occurred_at":{}}})",
                             serial_, serial_, user_, item_, time_));
    }
    Add("interactions", Interaction());
  }

  std::string Interaction() {
    static constexpr std::array<const char*, 6> kTypes = {"view",     "click", "view",
                                                          "purchase", "like",  "dismiss"};
    return fmt::format(
        R"({{"event_id":"e-{}","user_id":"u-{}","item_id":"i-{}","type":"{}","occurred_at":{}}})", serial_,
        user_, item_, kTypes[Below(kTypes.size())], time_);
  }

  std::string Retraction() {
    const Sent& earlier = Recent();
    return fmt::format(R"({{"event_id":"e-{}","user_id":"u-{}","item_id":"i-{}","type":"retract",)"
                       R"("retracts":"e-{}","occurred_at":{}}})",
                       serial_, earlier.user, item_, earlier.serial, time_);
  }

  std::string Rating(int stars) {
    return fmt::format(R"({{"event_id":"e-{}","user_id":"u-{}","item_id":"i-{}","rating":{},"rated_at":{}}})",
                       serial_, user_, item_, stars, time_);
  }

  std::string CatalogueItem(std::size_t item) {
    return fmt::format(
        R"({{"item_id":"i-{}","item_type":"book","title":"Book {}, edition {}","tags":["t{}"]}})", item, item,
        events_.size(), item % 17);
  }

  void AddCopy() {
    if (last_.empty()) return;
    const StreamEvent& earlier = events_[Recent().index];
    Add(earlier.topic, earlier.payload, EventFate::kDuplicate);
  }

  void AddBad() {
    const std::string id = fmt::format(R"("event_id":"bad-{}")", serial_);
    const std::string who = fmt::format(R"("user_id":"u-{}","item_id":"i-{}")", user_, item_);
    const auto bad = [&](const char* topic, std::string payload) {
      Add(topic, std::move(payload), EventFate::kRejected);
    };
    switch (Below(10)) {
      case 0:
        return bad("interactions", fmt::format(R"({{{},{},"type":"vi)", id, who));
      case 1:
        return bad("interactions", fmt::format(R"({{{},{},"type":"teleport"}})", id, who));
      case 2:
        return bad("interactions", fmt::format(R"({{{},"item_id":"i-1","type":"view"}})", id));
      case 3:
        return bad("interactions", fmt::format(R"({{{},{},"type":"view","value":NaN}})", id, who));
      case 4:
        return bad("interactions", fmt::format("{{{},\"user_id\":\"\xff\xfe\",\"type\":\"view\"}}", id));
      case 5:
        return bad("interactions",
                   fmt::format(R"({{{},{},"type":"view","occurred_at":"2999-01-01T00:00:00Z"}})", id, who));
      case 6:
        return bad("ratings", fmt::format(R"({{{},{},"rating":"4,5"}})", id, who));
      case 7:
        return bad("feedback", fmt::format(R"({{{},{},"type":"dismiss","request_id":7}})", id, who));
      case 8:
        return bad("catalogue", fmt::format(R"({{"item_type":"book","title":"no id {}"}})", serial_));
      default:
        return bad("interactions", fmt::format("bad-{} ", serial_) + std::string(1'000, '['));
    }
  }

  struct Sent {
    std::size_t index;
    std::size_t user;
    std::size_t serial;
  };
  const Sent& Recent() { return last_[last_.size() - 1 - Below(std::min(last_.size(), kCopiedFromLast))]; }

  std::mt19937_64 random_;
  Zipf users_;
  Zipf items_;
  std::vector<StreamEvent> events_;
  std::vector<Sent> last_;
  std::size_t serial_ = 0;
  std::size_t user_ = 0;
  std::size_t item_ = 0;
  std::int64_t time_ = 0;
};

}  // namespace

std::vector<StreamEvent> MakeEvents(std::uint64_t seed, std::size_t count) {
  return Generator(seed).Make(count);
}

FateCounts CountFates(const std::vector<StreamEvent>& events) {
  FateCounts counts;
  for (const StreamEvent& event : events) {
    const bool catalogue = event.topic == "catalogue";
    switch (event.fate) {
      case EventFate::kAccepted:
        ++(catalogue ? counts.catalogue_accepted : counts.user_accepted);
        break;
      case EventFate::kDuplicate:
        ++counts.user_duplicates;
        break;
      case EventFate::kRejected:
        ++(catalogue ? counts.catalogue_rejected : counts.user_rejected);
        break;
    }
  }
  return counts;
}

}  // namespace freshet::testing
