#pragma once

#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "import/importer.h"

namespace freshet {

/// Invoices of the UCI set "Online Retail II" (or "Online Retail") as CSV with its header.
///
/// - A line with a customer, a product (a stock code that begins with five digits), a positive quantity and
/// price
///   is a `purchase`: item "sku:<StockCode>", value = quantity, session = invoice, event_id
///   "<invoice>-<line>".
/// - A product's first such line is preceded by its catalogue item, with the description as title.
/// - A line of a cancellation (invoice "C...") is a `retract` of the customer's latest purchase of that
/// product in
///   that quantity. A partial return, or one of a purchase before the file's start, is skipped: taking back
///   the whole purchase would say more than the line does.
/// - Local times are read as UTC: the file does not name its zone.
class OnlineRetailImporter final : public Importer {
 public:
  explicit OnlineRetailImporter(const ImportOptions& options);
  Result<ImportedRow> Accept(const ImportLine& line) override;
  Result<void> Finish() override;

 private:
  struct Sale;
  struct OpenPurchase {
    std::string event_id;
    std::int64_t quantity = 0;
  };

  Result<ImportedRow> AcceptRecord(std::string_view record, std::uint64_t line_number);
  ImportedRow Purchase(const Sale& sale);
  ImportedRow Cancellation(const Sale& sale);

  bool header_seen_ = false;
  std::string open_record_;  ///< lines of a record whose quote is still open
  std::unordered_set<std::string> known_items_;
  std::unordered_map<std::string, std::deque<OpenPurchase>> purchases_;  ///< by "<customer> <stock code>"
};

}  // namespace freshet
