#include "import/online_retail.h"

#include "unit/import/import_fixture.h"

namespace freshet {
namespace {

const std::string kHeader = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country";

/// A shop whose lines all fit the format.
class Shop {
 public:
  Shop& Sells(const std::string& invoice, const std::string& code, int quantity,
              const std::string& customer = "13085.0") {
    return Line(invoice + "," + code + ",WHITE CHERRY LIGHTS ," + std::to_string(quantity) +
                ",2009-12-01 07:45:00,6.75," + customer + ",United Kingdom");
  }
  Shop& Line(std::string line) {
    lines_.push_back(std::move(line));
    return *this;
  }
  Import Imported() const { return Import("online-retail").Read(lines_); }

 private:
  std::vector<std::string> lines_ = {kHeader};
};

TEST(OnlineRetail, ASaleBecomesAPurchaseWithItsCatalogueItemBefore) {
  const Import import = Shop().Sells("489434", "79323w", 12).Imported();
  ASSERT_EQ(import.Events().size(), 2);
  const auto& item = std::get<CatalogueItem>(import.Events()[0]);
  EXPECT_EQ(item.item_id, "sku:79323W");
  EXPECT_EQ(item.title, "WHITE CHERRY LIGHTS");
  EXPECT_EQ(item.currency, "GBP");
  const auto& purchase = std::get<Interaction>(import.Events()[1]);
  EXPECT_EQ(purchase.type, InteractionType::kPurchase);
  EXPECT_EQ(purchase.event_id, "489434-2");
  EXPECT_EQ(purchase.user_id, "13085");
  EXPECT_EQ(purchase.item_id, "sku:79323W");
  EXPECT_EQ(purchase.session_id, "489434");
  EXPECT_EQ(purchase.value, 12);
  EXPECT_EQ(purchase.value_kind, ValueKind::kCount);
  EXPECT_EQ(purchase.price, 6.75);
  EXPECT_EQ(purchase.country, "GB");
  EXPECT_EQ(purchase.occurred_at->ms, 1'259'653'500'000);
}

TEST(OnlineRetail, AProductEntersTheCatalogueOnce) {
  const Import import =
      Shop().Sells("1", "79323W", 1).Sells("2", "79323W", 3).Sells("2", "21232", 3).Imported();
  EXPECT_EQ(import.Report().items, 2);
  EXPECT_EQ(import.Report().events, 3);
}

TEST(OnlineRetail, ACancellationRetractsTheLatestPurchaseOfThatQuantity) {
  const Import import = Shop()
                            .Sells("1", "79323W", 12)
                            .Sells("2", "79323W", 12)
                            .Sells("3", "79323W", 6)
                            .Sells("C4", "79323W", -12)
                            .Imported();
  const auto retract = import.All<Interaction>().back();
  EXPECT_EQ(retract.type, InteractionType::kRetract);
  EXPECT_EQ(retract.retracts, "2-3");
  EXPECT_EQ(retract.event_id, "C4-5");
  EXPECT_EQ(retract.user_id, "13085");
}

TEST(OnlineRetail, APurchaseIsRetractedAtMostOnce) {
  const Import import =
      Shop().Sells("1", "79323W", 12).Sells("C2", "79323W", -12).Sells("C3", "79323W", -12).Imported();
  EXPECT_EQ(import.Report().events, 2);
  EXPECT_EQ(import.Report().skipped.at("cancellation_without_purchase"), 1);
}

TEST(OnlineRetail, CancellationsThatMatchNoWholePurchaseAreSkippedAndCounted) {
  const Import import = Shop()
                            .Sells("1", "79323W", 12)
                            .Sells("C2", "79323W", -3)
                            .Sells("C3", "79323W", -12, "99999.0")
                            .Sells("C4", "21232", -12)
                            .Imported();
  EXPECT_EQ(import.Report().events, 1);
  EXPECT_EQ(import.Report().skipped.at("partial_cancellation"), 1);
  EXPECT_EQ(import.Report().skipped.at("cancellation_without_purchase"), 2);
}

TEST(OnlineRetail, LinesThatAreNoSaleToAKnownCustomerAreSkippedByReason) {
  const Import import = Shop()
                            .Sells("1", "79323W", 12, "")
                            .Sells("1", "POST", 1)
                            .Sells("1", "21232", 0)
                            .Line("1,21232,free,2,2009-12-01 07:45:00,0.0,13085.0,France")
                            .Imported();
  EXPECT_TRUE(import.Events().empty());
  EXPECT_EQ(import.Report().skipped.at("no_customer"), 1);
  EXPECT_EQ(import.Report().skipped.at("not_a_product"), 1);
  EXPECT_EQ(import.Report().skipped.at("not_a_sale"), 2);
}

TEST(OnlineRetail, QuotedDescriptionsMayHoldQuotesCommasAndLineBreaks) {
  const Import import = Shop()
                            .Line("489434,22041,\"RECORD FRAME 7\"\" SINGLE,")
                            .Line("SIZE \",48,2009-12-01 07:45:00,2.1,13085.0,Channel Islands")
                            .Imported();
  ASSERT_EQ(import.All<CatalogueItem>().size(), 1);
  EXPECT_EQ(import.All<CatalogueItem>()[0].title, "RECORD FRAME 7\" SINGLE,\nSIZE");
  EXPECT_EQ(import.All<Interaction>()[0].country, "");
}

TEST(OnlineRetail, BadLinesSayWhichFieldIsWrong) {
  EXPECT_EQ(Shop().Line("1,21232,x,many,2009-12-01 07:45:00,1,1,France").Imported().Failure(),
            "line 2: Quantity is 'many', expected a whole number");
  EXPECT_EQ(Shop().Line("1,21232,x,1,01/12/2009,1,1,France").Imported().Failure(),
            "line 2: InvoiceDate is '01/12/2009', expected a time such as 2009-12-01 07:45:00");
  EXPECT_TRUE(Shop().Line("1,21232").Imported().Failure().starts_with("line 2: 2 fields, expected Invoice"));
}

TEST(OnlineRetail, AQuoteThatIsNeverClosedIsAnError) {
  EXPECT_EQ(Shop().Line("1,21232,\"open").Imported().Failure(),
            "line 2: the file ends inside a quoted field");
  EXPECT_EQ(Shop().Line("1,21232,\"" + std::string(70'000, 'x')).Imported().Failure(),
            "line 2: a quote is not closed within 64 KiB");
}

}  // namespace
}  // namespace freshet
