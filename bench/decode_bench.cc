// Decoding and encoding on one core. The bar: 2 M clicks of 250 bytes a second.
#include <benchmark/benchmark.h>

#include <string>

#include "base/assert.h"
#include "codec/decoder.h"
#include "codec/interaction.h"
#include "codec/recommendation_list.h"

namespace freshet {
namespace {

constexpr std::string_view kClick =
    R"({"event_id":"01J9Z7Q3W5TR8","user_id":"u-42","item_id":"course:k8s-basics","type":"click",)"
    R"("occurred_at":"2026-03-02T09:14:07.250Z","request_id":"r-8f2a91","position":2,"surface":"for_you",)"
    R"("session_id":"s-99","context":{"country":"DE","device":"mob"}})";
static_assert(kClick.size() == 250);

void DecodeValue(benchmark::State& state, std::string_view value, const std::vector<Header>& headers) {
  Decoder decoder;
  const EventType* type = FindEventType("interactions");
  Record record;
  record.value = std::string(value);
  record.headers = headers;
  FRESHET_ASSERT(decoder.Decode(*type, record).has_value());
  for (auto _ : state) {
    DecodeResult event = decoder.Decode(*type, record);
    benchmark::DoNotOptimize(event);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(value.size()));
}

void DecodeClick(benchmark::State& state) { DecodeValue(state, kClick, {}); }

void DecodeClickStructured(benchmark::State& state) {
  DecodeValue(state,
              R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":)" + std::string(kClick) + "}",
              {});
}

void DecodeClickBinary(benchmark::State& state) {
  DecodeValue(state, kClick,
              {{"ce_specversion", "1.0"}, {"ce_id", "1"}, {"ce_source", "/s"}, {"ce_type", "t"}});
}

void RejectBrokenClick(benchmark::State& state) {
  Decoder decoder;
  Record record;
  record.value = std::string(kClick.substr(0, kClick.size() - 20));
  for (auto _ : state) {
    DecodeResult event = decoder.Decode("interactions", record);
    benchmark::DoNotOptimize(event);
  }
  state.SetItemsProcessed(state.iterations());
}

void EncodeClick(benchmark::State& state) {
  Record record;
  record.value = std::string(kClick);
  const DecodeResult event = Decoder().Decode("interactions", record);
  for (auto _ : state) {
    std::string text = EncodeEvent(std::get<Interaction>(*event));
    benchmark::DoNotOptimize(text);
  }
  state.SetItemsProcessed(state.iterations());
}

RecommendationList ListOf20() {
  RecommendationList list;
  list.request_id = "r-8f2a91";
  list.user_id = "u-42";
  list.generated_at = {1'772'442'848'231};
  list.watermark = {1'772'442'847'000};
  list.trigger = Trigger{"01J9Z7Q3W5", "interactions", {3}, {88'123}, 41};
  list.model_name = "hybrid";
  list.model_version = "1";
  for (std::int32_t rank = 1; rank <= 20; ++rank) {
    RecommendedItem item;
    item.rank = rank;
    item.item_id = "product:" + std::to_string(85'000 + rank);
    item.item_type = "product";
    item.title = "White hanging heart t-light holder";
    item.score = 0.8137 / rank;
    item.score_parts = {{"transitions", 0.5 / rank}, {"factors", 0.21 / rank}, {"popularity", 0.1037 / rank}};
    item.sources = {"transitions", "popular"};
    Reason reason{"BECAUSE_YOU_BOUGHT", "transitions", 0.37 / rank, "Because you bought Candle", {}};
    reason.evidence.event_ids = {"01J9Z7Q3W5"};
    reason.evidence.coordinates = {"interactions/3/88000"};
    reason.evidence.item_id = "product:7";
    reason.evidence.co_count = 12.5;
    item.reasons = {reason};
    list.items.push_back(std::move(item));
  }
  return list;
}

void EncodeList(benchmark::State& state, Detail detail) {
  const RecommendationList list = ListOf20();
  for (auto _ : state) {
    std::string text = EncodeRecommendationList(list, detail);
    benchmark::DoNotOptimize(text);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes_a_list"] = static_cast<double>(EncodeRecommendationList(list, detail).size());
}

void EncodeListCompact(benchmark::State& state) { EncodeList(state, Detail::kCompact); }
void EncodeListFull(benchmark::State& state) { EncodeList(state, Detail::kFull); }

BENCHMARK(DecodeClick);
BENCHMARK(DecodeClickStructured);
BENCHMARK(DecodeClickBinary);
BENCHMARK(RejectBrokenClick);
BENCHMARK(EncodeClick);
BENCHMARK(EncodeListCompact);
BENCHMARK(EncodeListFull);

}  // namespace
}  // namespace freshet

BENCHMARK_MAIN();
