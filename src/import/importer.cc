#include "import/importer.h"

#include <array>

#include "base/format.h"
#include "import/movielens.h"
#include "import/online_retail.h"
#include "import/session_table.h"
#include "import/user_item_table.h"

namespace freshet {
namespace {

template <typename Format>
std::unique_ptr<Importer> Make(const ImportOptions& options) {
  return std::make_unique<Format>(options);
}

constexpr std::array kFormats = {
    ImportFormat{"movielens", "MovieLens u.data, u.item, ratings.dat, movies.dat, ratings.csv or movies.csv",
                 &Make<MovieLensImporter>},
    ImportFormat{"online-retail", "UCI Online Retail and Online Retail II invoices as CSV",
                 &Make<OnlineRetailImporter>},
    ImportFormat{"session-tsv", "clicks with a header that has SessionId, ItemId and Time, tab-separated",
                 &Make<SessionTableImporter>},
    ImportFormat{"tsv", "interactions with the header user, item, time and, if they are rated, value",
                 &Make<UserItemTableImporter>},
};

bool IsCatalogue(const Event& event) { return std::holds_alternative<CatalogueItem>(event); }

/// The loop over the lines; keeps the counts.
class ImportRun {
 public:
  ImportRun(const EventSink& sink, const ImportOptions& options) : sink_(sink), options_(options) {}

  bool Full() const { return options_.events_max != 0 && report_.events >= options_.events_max; }
  ImportReport TakeReport() { return std::move(report_); }
  std::uint64_t NextLine() { return ++report_.lines; }

  Result<void> Take(const Result<ImportedRow>& row) {
    if (!row.ok()) return Refuse(row.error());
    if (!row->skipped.empty()) CountSkipped(row->skipped);
    for (const Event& event : row->events) {
      FRESHET_CHECK(sink_(event));
      ++(IsCatalogue(event) ? report_.items : report_.events);
    }
    return {};
  }

  Result<void> Refuse(const Error& error) {
    const Error located = error.Within(fmt::format("line {}", report_.lines));
    if (++report_.bad_lines > options_.bad_lines_max) return located;
    if (report_.bad_line_messages.size() < kBadLineMessagesMax) {
      report_.bad_line_messages.push_back(located.message);
    }
    return {};
  }

 private:
  void CountSkipped(std::string_view reason) {
    const auto found = report_.skipped.find(reason);
    if (found != report_.skipped.end()) {
      ++found->second;
    } else {
      report_.skipped.emplace(reason, 1);
    }
  }

  const EventSink& sink_;
  const ImportOptions& options_;
  ImportReport report_;
};

}  // namespace

Result<ImportReport> RunImport(Importer& importer, const LineSource& lines, const EventSink& sink,
                               const ImportOptions& options) {
  ImportRun run(sink, options);
  std::string line;
  while (!run.Full()) {
    FRESHET_TRY(const bool more, lines(line));
    if (!more) {
      if (const Result<void> finished = importer.Finish(); !finished.ok())
        FRESHET_CHECK(run.Refuse(finished.error()));
      break;
    }
    const std::uint64_t number = run.NextLine();
    std::string_view text = line;
    if (text.ends_with('\r')) text.remove_suffix(1);
    FRESHET_CHECK(run.Take(importer.Accept({text, number})));
  }
  return run.TakeReport();
}

std::span<const ImportFormat> ImportFormats() { return kFormats; }

Result<std::unique_ptr<Importer>> MakeImporter(std::string_view format, const ImportOptions& options) {
  std::string known;
  for (const ImportFormat& candidate : kFormats) {
    if (candidate.name == format) return candidate.make(options);
    known += known.empty() ? "" : ", ";
    known += candidate.name;
  }
  return MakeError(ErrorCode::kNotFound, fmt::format("no import format '{}'; there are: {}", format, known));
}

std::string_view TopicRoleOf(const Event& event) {
  if (std::holds_alternative<Interaction>(event)) return "interactions";
  if (std::holds_alternative<Rating>(event)) return "ratings";
  if (std::holds_alternative<Feedback>(event)) return "feedback";
  if (std::holds_alternative<Profile>(event)) return "profiles";
  return "catalogue";
}

}  // namespace freshet
