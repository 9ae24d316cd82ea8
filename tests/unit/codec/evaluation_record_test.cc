#include "codec/evaluation_record.h"

#include <gtest/gtest.h>

#include <cmath>

#include "unit/codec/schema_files.h"

namespace freshet::testing {
namespace {

EvaluationRecord Evaluation() {
  EvaluationRecord record;
  record.model_name = "hybrid";
  record.model_version = "1";
  record.protocol = "prequential";
  record.window = "last 5000 lists";
  record.n = 5000;
  record.metrics = {{"hit_rate@10", 0.182}, {"ndcg@10", 0.1 / 3}};
  record.by = {{"history_1-4", 410, {{"recall@10", 0.121}}}};
  record.compare = ModelComparison{"popularity", "mcnemar", "hit_rate@10", 611, 174, 242.16, 1.3e-54};
  record.partition = {3};
  record.generated_at = {1'772'442'848'231};
  record.watermark = {1'772'442'847'000};
  record.state_seq = 991'234;
  return record;
}

void ExpectValid(const std::string& json) {
  const auto faults = LoadSchema("evaluation.schema.json").Faults(Json::parse(json));
  EXPECT_TRUE(faults.empty()) << faults.front() << "\n" << json;
}

TEST(EvaluationCodec, WritesWhatTheSchemaWants) {
  const std::string text = EncodeEvaluation(Evaluation());
  ExpectValid(text);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["model"]["name"], "hybrid");
  EXPECT_EQ(json["n"], 5000);
  EXPECT_EQ(json["metrics"]["ndcg@10"].get<double>(), 0.1 / 3) << "exactly";
  EXPECT_EQ(json["by"]["history_1-4"]["n"], 410);
  EXPECT_EQ(json["compare"]["test"], "mcnemar");
  EXPECT_EQ(json["compare"]["p"].get<double>(), 1.3e-54);
  EXPECT_EQ(json["as_of"]["state_seq"], 991'234);
  EXPECT_EQ(json["generated_at"], "2026-03-02T09:14:08.231Z");
}

TEST(EvaluationCodec, WhatIsOptionalMayBeMissing) {
  EvaluationRecord record = Evaluation();
  record.by.clear();
  record.compare.reset();
  ExpectValid(EncodeEvaluation(record));
}

TEST(EvaluationCodec, EscapesTheNamesOfModels) {
  EvaluationRecord record = Evaluation();
  record.model_name = "a\"b";
  record.metrics = {{"x\n", 1}};
  EXPECT_EQ(Json::parse(EncodeEvaluation(record))["model"]["name"], "a\"b");
}

}  // namespace
}  // namespace freshet::testing
