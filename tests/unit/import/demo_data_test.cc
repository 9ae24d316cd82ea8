#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "codec/decoder.h"
#include "connectors/file/lines.h"

namespace freshet {
namespace {

const std::string kDemo = std::string(FRESHET_SOURCE_DIR) + "/demo/";

/// Decodes a file of the demo; a line that the contract refuses fails the test.
template <typename Kind, typename Visit>
std::uint64_t ReadDemo(const std::string& role, Visit visit) {
  auto lines = LineReader::Open(kDemo + role + ".jsonl.zst");
  EXPECT_TRUE(lines.ok());
  Decoder decoder;
  while (true) {
    const auto line = lines->Next();
    if (!line.ok() || !line->has_value()) {
      EXPECT_TRUE(line.ok());
      return lines->LineNumber();
    }
    Record record;
    record.value = std::string(**line);
    const auto event = decoder.Decode(role, record);
    if (!event.has_value()) {
      ADD_FAILURE() << role << " line " << lines->LineNumber() << ": " << event.error().message;
      return 0;
    }
    visit(std::get<Kind>(*event));
  }
}

TEST(DemoData, EveryEventIsAcceptedAndFitsTogether) {
  std::set<std::string> items;
  EXPECT_GT(
      ReadDemo<CatalogueItem>("catalogue", [&](const CatalogueItem& item) { items.insert(item.item_id); }),
      3'000);
  std::map<std::string, std::string> purchase_user;
  Timestamp last;
  std::uint64_t retracts = 0;
  const std::uint64_t events = ReadDemo<Interaction>("interactions", [&](const Interaction& event) {
    EXPECT_TRUE(items.contains(event.item_id)) << event.item_id;
    EXPECT_GE(*event.occurred_at, last) << event.event_id;
    last = *event.occurred_at;
    if (event.type == InteractionType::kPurchase) {
      EXPECT_TRUE(purchase_user.emplace(event.event_id, event.user_id).second) << event.event_id;
    } else {
      ++retracts;
      EXPECT_EQ(purchase_user[event.retracts], event.user_id) << event.event_id;
    }
  });
  EXPECT_EQ(events, 120'000);
  EXPECT_GT(retracts, 500);
}

}  // namespace
}  // namespace freshet
