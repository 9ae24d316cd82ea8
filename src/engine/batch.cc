#include "engine/batch.h"

#include <algorithm>
#include <deque>

#include "base/assert.h"
#include "codec/dead_letter.h"

namespace freshet {
namespace {

std::uint64_t Sum(const OutcomeCounts& counts) {
  return counts.accepted + counts.duplicate + counts.rejected;
}

}  // namespace

std::vector<Record> MergeInputs(std::vector<Record> records, std::size_t inputs) {
  if (inputs < 2) return records;
  std::vector<std::deque<std::size_t>> waiting(inputs);
  for (std::size_t i = 0; i < records.size(); ++i) waiting[records[i].source].push_back(i);
  std::vector<Record> merged;
  merged.reserve(records.size());
  while (merged.size() < records.size()) {
    std::size_t first = inputs;
    for (std::size_t input = 0; input < inputs; ++input) {
      if (waiting[input].empty()) continue;
      if (first == inputs ||
          records[waiting[input].front()].timestamp < records[waiting[first].front()].timestamp) {
        first = input;
      }
    }
    merged.push_back(std::move(records[waiting[first].front()]));
    waiting[first].pop_front();
  }
  return merged;
}

Batch::Batch(const Topology& topology, const std::vector<std::string>& input_topics, BatchPlan plan,
             Overlay& overlay, Timestamp watermark)
    : topology_(topology),
      input_topics_(input_topics),
      plan_(std::move(plan)),
      overlay_(overlay),
      watermark_(watermark) {}

void Batch::Run(Operator& op, Timestamp closed_at) {
  closed_at_ = closed_at;
  for (const Record& record : plan_.records) {
    const std::uint64_t before = Sum(counts_);
    op.Process({record.source, &record}, *this);
    // Every record has exactly one outcome: accepted + duplicate + rejected = consumed.
    FRESHET_ASSERT(Sum(counts_) == before + 1);
  }
  op.CloseBatch(*this);
}

void Batch::Count(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAccepted:
      ++counts_.accepted;
      return;
    case Outcome::kDuplicate:
      ++counts_.duplicate;
      return;
    case Outcome::kRejected:
      ++counts_.rejected;
      return;
  }
}

void Batch::Skip(std::string why) {
  if (skipped_++ == 0) first_skipped_ = std::move(why);
}

void Batch::AdvanceWatermark(Timestamp event_time) { watermark_ = std::max(watermark_, event_time); }

void Batch::Emit(OutputRecord record) {
  record.to.topic = topology_.TopicOf(record.to.topic);
  outputs_.push_back(std::move(record));
}

void Batch::Reject(const Record& record, Rejection rejection) {
  Count(Outcome::kRejected);
  const TopicPartition from{input_topics_[record.source], plan_.partition};
  EncodedDeadLetter letter = EncodeDeadLetter(rejection, from, record);
  OutputRecord out;
  // The topic has the partitions of the user topics; item tasks may be more.
  out.to = {topology_.TopicOf(kDeadLettersRole), {plan_.partition.value % topology_.user_partitions}};
  out.key = record.key;
  out.value = std::move(letter.value);
  out.headers = std::move(letter.headers);
  outputs_.push_back(std::move(out));
}

}  // namespace freshet
