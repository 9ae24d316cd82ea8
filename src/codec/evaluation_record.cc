#include "codec/evaluation_record.h"

#include "codec/json_writer.h"
#include "codec/origin_fields.h"

namespace freshet {
namespace {

void WriteMetrics(JsonWriter& json, const std::vector<NamedMetric>& metrics) {
  for (const NamedMetric& metric : metrics) {
    json.EscapedKey(metric.name);
    json.Number(metric.value);
  }
}

void WriteComparison(JsonWriter& json, const ModelComparison& compare) {
  json.Key("compare");
  json.BeginObject();
  json.Field("other", compare.other);
  json.Field("test", compare.test);
  json.Field("metric", compare.metric);
  json.Field("wins", compare.wins);
  json.Field("losses", compare.losses);
  json.Field("statistic", compare.statistic);
  json.Field("p", compare.p);
  json.EndObject();
}

}  // namespace

std::string EncodeEvaluation(const EvaluationRecord& record) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  WriteModel(json, record.model_name, record.model_version);
  json.Field("protocol", record.protocol);
  json.Field("window", record.window);
  json.Field("n", record.n);
  json.Key("metrics");
  json.BeginObject();
  WriteMetrics(json, record.metrics);
  json.EndObject();
  json.Key("by");
  json.BeginObject();
  for (const EvaluationRecord::Group& group : record.by) {
    json.EscapedKey(group.name);
    json.BeginObject();
    json.Field("n", group.n);
    WriteMetrics(json, group.metrics);
    json.EndObject();
  }
  json.EndObject();
  if (record.compare) WriteComparison(json, *record.compare);
  json.Field("partition", record.partition.value);
  json.Field("generated_at", record.generated_at);
  WriteAsOf(json, record.watermark, record.state_seq);
  json.EndObject();
  return text;
}

}  // namespace freshet
