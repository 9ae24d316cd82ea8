#include "import/online_retail.h"

#include <algorithm>
#include <optional>

#include "base/format.h"
#include "import/country_codes.h"
#include "import/fields.h"

namespace freshet {

/// One line of an invoice, checked.
struct OnlineRetailImporter::Sale {
  std::string invoice;
  std::string stock_code;
  std::string title;
  std::int64_t quantity = 0;
  Timestamp time;
  double price = 0;
  std::string customer;
  std::string country;
  std::string event_id;
};

namespace {

constexpr std::size_t kColumns = 8;
/// Purchases of one product by one customer that a later cancellation can still find.
constexpr std::size_t kOpenPurchasesMax = 64;
/// A quoted field longer than this is a quote that somebody forgot to close.
constexpr std::size_t kRecordBytesMax = 64 << 10;

std::string UpperCase(std::string_view text) {
  std::string upper(text);
  for (char& letter : upper) {
    if (letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return upper;
}

/// Other codes are postage, fees, discounts, vouchers and tests.
bool IsProduct(std::string_view stock_code) {
  constexpr std::size_t kLeadingDigits = 5;
  if (stock_code.size() < kLeadingDigits) return false;
  return std::all_of(stock_code.begin(), stock_code.begin() + kLeadingDigits,
                     [](char digit) { return digit >= '0' && digit <= '9'; });
}

/// Customer numbers went through a spreadsheet and end in ".0".
std::string CustomerId(std::string_view text) {
  std::string_view id = Trimmed(text);
  if (id.ends_with(".0")) id.remove_suffix(2);
  return std::string(id);
}

std::string_view WhyNotAnEvent(std::string_view customer, std::string_view stock_code) {
  if (customer.empty()) return "no_customer";
  return IsProduct(stock_code) ? "" : "not_a_product";
}

Interaction EventOf(std::string_view customer, std::string_view event_id, Timestamp time) {
  Interaction event;
  event.event_id = event_id;
  event.user_id = customer;
  event.occurred_at = time;
  return event;
}

CatalogueItem ItemOf(const std::string& stock_code, const std::string& title, double price, Timestamp time) {
  CatalogueItem item;
  item.item_id = "sku:" + stock_code;
  item.item_type = "product";
  item.title = title.empty() ? stock_code : title;
  item.language = "en";
  item.price = price;
  item.currency = "GBP";
  item.updated_at = time;
  return item;
}

}  // namespace

OnlineRetailImporter::OnlineRetailImporter(const ImportOptions&) {}

Result<ImportedRow> OnlineRetailImporter::Accept(const ImportLine& line) {
  if (open_record_.empty()) {
    if (Trimmed(line.text).empty()) return ImportedRow{.events = {}, .skipped = "empty_line"};
    open_record_ = line.text;
  } else {
    open_record_ += '\n';
    open_record_ += line.text;
  }
  if (std::count(open_record_.begin(), open_record_.end(), '"') % 2 == 1) {
    if (open_record_.size() <= kRecordBytesMax) return ImportedRow{};
    open_record_.clear();
    return MakeError(ErrorCode::kInvalidArgument, "a quote is not closed within 64 KiB");
  }
  const std::string record = std::move(open_record_);
  open_record_.clear();
  return AcceptRecord(record, line.number);
}

Result<void> OnlineRetailImporter::Finish() {
  if (open_record_.empty()) return {};
  return MakeError(ErrorCode::kInvalidArgument, "the file ends inside a quoted field");
}

Result<ImportedRow> OnlineRetailImporter::AcceptRecord(std::string_view record, std::uint64_t line_number) {
  FRESHET_TRY(const std::vector<std::string> fields, SplitCsv(record));
  if (fields.size() != kColumns) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("{} fields, expected Invoice, StockCode, Description, Quantity, InvoiceDate, Price, "
                    "Customer ID, Country",
                    fields.size()));
  }
  if (!header_seen_) {
    header_seen_ = true;
    if (fields[1] == "StockCode") return ImportedRow{};
  }
  Sale sale;
  FRESHET_TRY(sale.invoice, ParseId("Invoice", fields[0]));
  FRESHET_TRY(const std::string stock_code, ParseId("StockCode", fields[1]));
  FRESHET_TRY(sale.quantity, ParseWholeNumber("Quantity", fields[3]));
  FRESHET_TRY(sale.time, ParseCalendarTime("InvoiceDate", fields[4]));
  FRESHET_TRY(sale.price, ParseNumber("Price", fields[5]));
  sale.stock_code = UpperCase(stock_code);
  sale.customer = CustomerId(fields[6]);
  if (const auto reason = WhyNotAnEvent(sale.customer, sale.stock_code); !reason.empty()) {
    return ImportedRow{.events = {}, .skipped = reason};
  }
  sale.title = ToUtf8(Trimmed(fields[2]));
  sale.country = CountryCode(Trimmed(fields[7]));
  sale.event_id = fmt::format("{}-{}", sale.invoice, line_number);
  return sale.invoice.starts_with('C') ? Cancellation(sale) : Purchase(sale);
}

ImportedRow OnlineRetailImporter::Purchase(const Sale& sale) {
  ImportedRow row;
  if (sale.quantity <= 0 || sale.price <= 0) {
    row.skipped = "not_a_sale";
    return row;
  }
  if (known_items_.insert(sale.stock_code).second) {
    row.events.emplace_back(ItemOf(sale.stock_code, sale.title, sale.price, sale.time));
  }
  Interaction purchase = EventOf(sale.customer, sale.event_id, sale.time);
  purchase.type = InteractionType::kPurchase;
  purchase.item_id = "sku:" + sale.stock_code;
  purchase.session_id = sale.invoice;
  purchase.value = static_cast<double>(sale.quantity);
  purchase.value_kind = ValueKind::kCount;
  purchase.price = sale.price;
  purchase.currency = "GBP";
  purchase.country = sale.country;
  row.events.emplace_back(std::move(purchase));
  auto& open = purchases_[sale.customer + ' ' + sale.stock_code];
  open.push_back({sale.event_id, sale.quantity});
  if (open.size() > kOpenPurchasesMax) open.pop_front();
  return row;
}

ImportedRow OnlineRetailImporter::Cancellation(const Sale& sale) {
  ImportedRow row;
  const auto found = purchases_.find(sale.customer + ' ' + sale.stock_code);
  if (found == purchases_.end() || found->second.empty()) {
    row.skipped = "cancellation_without_purchase";
    return row;
  }
  auto& open = found->second;
  const auto match = std::find_if(open.rbegin(), open.rend(), [&sale](const OpenPurchase& purchase) {
    return purchase.quantity == -sale.quantity;
  });
  if (match == open.rend()) {
    row.skipped = "partial_cancellation";
    return row;
  }
  Interaction retract = EventOf(sale.customer, sale.event_id, sale.time);
  retract.type = InteractionType::kRetract;
  retract.item_id = "sku:" + sale.stock_code;
  retract.session_id = sale.invoice;
  retract.retracts = match->event_id;
  retract.country = sale.country;
  row.events.emplace_back(std::move(retract));
  open.erase(std::next(match).base());
  return row;
}

}  // namespace freshet
