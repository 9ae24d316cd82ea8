#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "freshet/ids.h"

namespace freshet {

/// A metric by the name that `freshet evaluate` gives it: "ndcg@10".
struct NamedMetric {
  std::string name;
  double value = 0;
};

/// A test of the record's model against another.
struct ModelComparison {
  std::string other;
  std::string test;          ///< "mcnemar" of lists, "sign" of ratings
  std::string metric;        ///< what makes a list right, or a rating
  std::uint64_t wins = 0;    ///< cases that only this model got right
  std::uint64_t losses = 0;  ///< lists that only the other did
  double statistic = 0;
  double p = 1;
};

/// How good one model was over a window of scored lists: a value of the topic `evaluations`.
struct EvaluationRecord {
  struct Group {
    std::string name;
    std::uint64_t n = 0;
    std::vector<NamedMetric> metrics;
  };
  std::string model_name;
  std::string model_version;
  std::string protocol;
  std::string window;
  std::uint64_t n = 0;
  std::vector<NamedMetric> metrics;
  std::vector<Group> by;
  std::optional<ModelComparison> compare;
  Partition partition;  ///< user partition whose lists were scored
  Timestamp generated_at;
  Timestamp watermark;
  std::int64_t state_seq = 0;
};

/// The record's value, schemas/evaluation.schema.json.
std::string EncodeEvaluation(const EvaluationRecord& record);

}  // namespace freshet
