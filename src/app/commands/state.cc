#include <CLI/CLI.hpp>
#include <filesystem>
#include <map>
#include <memory>

#include "app/commands/commands.h"
#include "app/log_factory.h"
#include "app/recommender_config.h"
#include "base/base64.h"
#include "base/format.h"
#include "codec/json_writer.h"
#include "engine/task.h"
#include "engine/verify.h"
#include "state/digest.h"
#include "state/state_directory.h"
#include "state/task_store.h"

namespace freshet {
namespace {

/// Directories of tasks under <data>/state, by name.
std::vector<std::string> TaskDirectories(const Config& config) {
  std::vector<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(config.data.dir + "/state", ignored)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && name.find(".quarantine") == std::string::npos)
      found.push_back(entry.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

Result<std::unique_ptr<TaskStore>> OpenStore(const std::string& path) {
  FRESHET_TRY(const StateIdentity identity, ReadStateIdentity(path));
  TaskStoreOptions options;
  options.path = path;
  options.identity = identity;
  return TaskStore::Open(options);
}

Error NothingThere(const Config& config) {
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("no state under {}/state: is --data right?", config.data.dir));
}

Result<void> InspectOne(const std::string& path, bool json) {
  FRESHET_TRY(const auto store, OpenStore(path));
  FRESHET_TRY(const StateDigest digest, DigestOf(*store));
  std::map<char, std::uint64_t> tables;
  FRESHET_CHECK(store->ForEach("", [&](std::string_view key, std::string_view) {
    ++tables[key.front()];
    return true;
  }));
  ProgressRecord progress;
  if (store->LastCommit()) {
    FRESHET_TRY(progress, ProgressRecord::Decode(store->LastCommit()->progress));
  }
  const std::string name = std::filesystem::path(path).filename().string();
  if (!json) {
    std::string counts;
    for (const auto& [table, count] : tables) counts += fmt::format(" {}={}", table, count);
    return PrintLine(fmt::format(
        "{:<12} keys={} bytes={} disk={} epoch={} sequence={} accepted={} duplicates={} "
        "rejected={} digest={:016x} tables:{}",
        name, digest.Entries(), digest.Bytes(), store->DiskBytes(), progress.epoch, progress.seq,
        progress.total.accepted, progress.total.duplicate, progress.total.rejected, digest.Hash(), counts));
  }
  std::string line;
  JsonWriter writer(line);
  writer.BeginObject();
  writer.Field("task", name);
  writer.Field("keys", digest.Entries());
  writer.Field("bytes", digest.Bytes());
  writer.Field("disk_bytes", store->DiskBytes());
  writer.Field("epoch", progress.epoch);
  writer.Field("sequence", progress.seq);
  writer.Field("accepted", progress.total.accepted);
  writer.Field("duplicates", progress.total.duplicate);
  writer.Field("rejected", progress.total.rejected);
  writer.Field("digest", fmt::format("{:016x}", digest.Hash()));
  writer.Key("tables");
  writer.BeginObject();
  for (const auto& [table, count] : tables) writer.Field(std::string(1, table), count);
  writer.EndObject();
  writer.EndObject();
  return PrintLine(line);
}

Result<int> Inspect(const Config& config, bool json) {
  const auto directories = TaskDirectories(config);
  if (directories.empty()) return NothingThere(config);
  for (const std::string& path : directories) FRESHET_CHECK(InspectOne(path, json));
  return 0;
}

Result<int> Export(const Config& config) {
  const auto directories = TaskDirectories(config);
  if (directories.empty()) return NothingThere(config);
  for (const std::string& path : directories) {
    FRESHET_TRY(const auto store, OpenStore(path));
    const std::string task = std::filesystem::path(path).filename().string();
    Result<void> printed;
    FRESHET_CHECK(store->ForEach("", [&](std::string_view key, std::string_view value) {
      std::string line;
      JsonWriter writer(line);
      writer.BeginObject();
      writer.Field("task", task);
      writer.Field("table", key.substr(0, 1));
      writer.Field("key_b64", EncodeBase64(key));
      writer.Field("value_b64", EncodeBase64(value));
      writer.EndObject();
      printed = PrintLine(line);
      return printed.ok();
    }));
    FRESHET_CHECK(printed);
  }
  return 0;
}

Result<void> PrintReport(const VerifyReport& report, bool json) {
  for (const std::string& difference : report.differences) Say(difference);
  if (!json) {
    return PrintLine(
        fmt::format("{}: {} tasks, {} batches, {} input records ({} accepted, {} duplicates, {} "
                    "rejected), {} output records and {} state keys compared",
                    report.ok() ? "equal" : "DIFFERENT", report.tasks, report.batches, report.records,
                    report.accepted, report.duplicates, report.rejected, report.outputs, report.state_keys));
  }
  std::string line;
  JsonWriter writer(line);
  writer.BeginObject();
  writer.Field("equal", report.ok());
  writer.Field("tasks", report.tasks);
  writer.Field("batches", report.batches);
  writer.Field("records", report.records);
  writer.Field("accepted", report.accepted);
  writer.Field("duplicates", report.duplicates);
  writer.Field("rejected", report.rejected);
  writer.Field("outputs", report.outputs);
  writer.Field("state_keys", report.state_keys);
  writer.Field("differences", report.differences.size());
  writer.EndObject();
  return PrintLine(line);
}

Result<int> VerifyState(const Config& config, bool json) {
  FRESHET_TRY(const auto log, OpenLog(config, LogAccess::kReadOnly));
  const RecommenderOptions recommender = RecommenderOptionsOf(config);
  VerifyOptions options;
  options.data_directory = config.data.dir;
  options.view = ViewOptionsOf(recommender);
  options.cut_batches_allowed = config.processing.guarantee == Guarantee::kAtLeastOnce;
  FRESHET_TRY(const VerifyReport report, Verify(*log, RecommenderTopology(recommender), options));
  FRESHET_CHECK(PrintReport(report, json));
  return report.ok() ? 0 : 1;
}

Result<int> Restore(const Config& config) {
  std::error_code ignored;
  if (UsesEmbeddedLog(config) && !std::filesystem::exists(EmbeddedLogPath(config), ignored)) {
    return NothingThere(config);  // opening would create an empty log
  }
  // As a service does: what an instance works with is not quarantined.
  FRESHET_TRY([[maybe_unused]] const StateDirectory locked, StateDirectory::Lock(config.data.dir));
  FRESHET_TRY(const auto log, OpenLog(config, LogAccess::kReadWrite));
  for (const std::string& path : TaskDirectories(config)) {
    FRESHET_TRY(const std::string quarantined, QuarantineDirectory(path));
    Say(fmt::format("{} was quarantined as {}", path, quarantined));
  }
  const Topology topology = RecommenderTopology(RecommenderOptionsOf(config));
  const SupervisorOptions supervisor = SupervisorOptionsOf(config);
  for (const OperatorSpec& spec : topology.operators) {
    for (std::int32_t p = 0; p < spec.partitions; ++p) {
      TaskOptions options = supervisor.task;
      options.partition = {p};
      options.state_directory = fmt::format("{}/state/{}-{}", config.data.dir, spec.name, p);
      Task task(*log, topology, spec, std::move(options));
      FRESHET_TRY(const StepResult acquired, task.Step(std::chrono::milliseconds(0)));
      static_cast<void>(acquired);
      FRESHET_CHECK(PrintLine(
          fmt::format("{} restored from {} changelog records", task.name(), task.restored_records())));
    }
  }
  return 0;
}

}  // namespace

void AddStateCommands(CommandLine& line) {
  CLI::App& group =
      line.AddGroup("state", "A state directory: counts, dump, proof, rebuild (no instance may run)");
  const auto json = std::make_shared<bool>(false);
  CLI::App& inspect = line.AddTo(group,
                                 {.name = "inspect",
                                  .summary = "Counts, sizes and digest of each task",
                                  .example = "freshet state inspect --data freshet-data"},
                                 [json](const Config& config) { return Inspect(config, *json); });
  inspect.add_flag("--json", *json, "One JSON object a task");
  line.AddTo(group,
             {.name = "export",
              .summary = "All keys and values as JSON Lines",
              .example = "freshet state export --data freshet-data > state.jsonl"},
             Export);
  CLI::App& verify =
      line.AddTo(group,
                 {.name = "verify",
                  .summary = "Replays the input with the recorded schedule and compares state and "
                             "outputs byte for byte",
                  .example = "freshet state verify --data freshet-data"},
                 [json](const Config& config) { return VerifyState(config, *json); });
  verify.add_flag("--json", *json, "One JSON object");
  line.AddTo(group,
             {.name = "restore",
              .summary = "Sets the state aside and rebuilds it from the changelog",
              .example = "freshet state restore --data freshet-data"},
             Restore);
}

}  // namespace freshet
