#include <algorithm>
#include <charconv>
#include <map>

#include "base/format.h"
#include "config/load.h"
#include "config/topics.h"

namespace freshet {
namespace {

// Kafka's rule for topic names; application ids become part of them.
bool IsLegalName(std::string_view name) {
  constexpr std::string_view kLegal = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= 200 && name != "." && name != ".." &&
         name.find_first_not_of(kLegal) == std::string_view::npos;
}

bool IsListenAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view port = text.substr(colon + 1);
  unsigned number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  return error == std::errc() && end == port.data() + port.size() && number <= 65'535;
}

std::string KeyOfRole(std::string role) {
  std::replace(role.begin(), role.end(), '-', '_');
  return "topics." + role;
}

void CheckTopicNames(const Config& config, std::vector<Mistake>& mistakes) {
  std::map<std::string, std::string> taken;  // by which role
  for (const std::string& role : TopicRoles()) {
    const std::string name = TopicName(config, role);
    if (!IsLegalName(name)) {
      mistakes.push_back(
          {{"topics.prefix", KeyOfRole(role)},
           fmt::format("topics: \"{}\" ({}) is no topic name; use letters, digits, '.', '_' and '-'", name,
                       role)});
    }
    if (const auto [first, is_new] = taken.emplace(name, role); !is_new) {
      mistakes.push_back(
          {{KeyOfRole(first->second), KeyOfRole(role)},
           fmt::format("topics: \"{}\" is the name of two topics; give {} another", name, role)});
    }
  }
}

constexpr std::size_t kRulesMax = 64;  // each candidate is compared with all of them

bool IsAboutAnything(const RuleConfig& rule) {
  return !rule.items.empty() || !rule.types.empty() || !rule.topics.empty() || !rule.providers.empty() ||
         !rule.skills.empty() || !rule.languages.empty() || !rule.currencies.empty() || rule.price_min >= 0 ||
         rule.price_max >= 0;
}

void CheckRule(const std::string& name, const RuleConfig& rule, std::vector<Mistake>& mistakes) {
  const std::string key = "rules." + name;
  const auto add = [&](const std::string& part, std::string message) {
    mistakes.push_back({{key + part}, fmt::format("{}{}: {}", key, part, message)});
  };
  if (!IsLegalName(name) || name.size() > 64)
    add("", "no name of a rule; use at most 64 letters, digits, '_' and '-'");
  if (!IsAboutAnything(rule))
    add(".action",
        "says of no item; give items, types, topics, providers, skills, languages, currencies or "
        "prices");
  for (const std::string& surface : rule.surfaces) {
    if (std::find(kSurfaces.begin(), kSurfaces.end(), surface) == kSurfaces.end())
      add(".surfaces", fmt::format("\"{}\" is not one of {}", surface, fmt::join(kSurfaces, ", ")));
  }
  if (rule.price_max >= 0 && rule.price_max < rule.price_min)
    add(".price_max",
        fmt::format("{} is below price_min = {}; no price is both", rule.price_max, rule.price_min));
}

bool IsOff(const Config& config, const std::string& part) {
  if (part == "next_item_net") return !config.models.next_item_net;
  return part == "returns" && config.publish.repeats != Repeats::kAllow;
}

void CheckStrategies(const Config& config, std::vector<Mistake>& mistakes) {
  for (std::size_t i = 0; i < kSurfaces.size(); ++i) {
    const std::string key = fmt::format("strategies.{}.weights", kSurfaces[i]);
    for (const auto& [part, weight] : config.strategies.by_surface[i].weights) {
      if (std::find(kScoreParts.begin(), kScoreParts.end(), part) == kScoreParts.end()) {
        mistakes.push_back({{key},
                            fmt::format("{}.{}: there is no such part; write one of {}", key, part,
                                        fmt::join(kScoreParts, ", "))});
      } else if (IsOff(config, part)) {
        mistakes.push_back(
            {{key},
             fmt::format("{}.{}: it is off; set {}", key, part,
                         part == "returns" ? "publish.repeats = \"allow\"" : "models.next_item_net = true")});
      }
    }
  }
}

}  // namespace

std::vector<Mistake> CheckTogether(const Config& config) {
  std::vector<Mistake> mistakes;
  if (!IsLegalName(config.app.id)) {
    mistakes.push_back(
        {{"app.id"},
         fmt::format("app.id: \"{}\" cannot be part of a topic name; use letters, digits, '.', '_', '-'",
                     config.app.id)});
  }
  CheckTopicNames(config, mistakes);
  const StateConfig& state = config.state;
  const double shares = state.tables_share + state.view_share + state.cache_share + state.queues_share;
  if (shares > 1.0 + 1e-9) {
    mistakes.push_back({{"state.tables_share", "state.view_share", "state.cache_share", "state.queues_share"},
                        fmt::format("state.*_share: together {:.2f}; lower them to at most 1.0", shares)});
  }
  if (config.processing.transaction_timeout < 2 * config.processing.batch_time) {
    mistakes.push_back({{"processing.transaction_timeout", "processing.batch_time"},
                        "processing.transaction_timeout: must be at least twice processing.batch_time"});
  }
  if (!IsListenAddress(config.http.listen)) {
    mistakes.push_back({{"http.listen"},
                        fmt::format("http.listen: \"{}\" is not address:port, as in \"127.0.0.1:8640\"",
                                    config.http.listen)});
  }
  if (config.evaluation.challenger == "next_item_net" && !config.models.next_item_net) {
    mistakes.push_back({{"evaluation.challenger", "models.next_item_net"},
                        "evaluation.challenger: next_item_net is off; set models.next_item_net = true"});
  }
  if (config.rules.size() > kRulesMax) {
    mistakes.push_back({{},
                        fmt::format("rules: {} are given; write at most {}, a rule can name many items",
                                    config.rules.size(), kRulesMax)});
  }
  CheckStrategies(config, mistakes);
  for (const auto& [name, rule] : config.rules) CheckRule(name, rule, mistakes);
  if (config.data.dir.empty()) mistakes.push_back({{"data.dir"}, "data.dir: empty; name a directory"});
  return mistakes;
}

}  // namespace freshet
