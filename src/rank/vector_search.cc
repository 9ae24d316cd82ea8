#include "rank/vector_search.h"

#include <limits>

#include "models/int8_scan.h"

namespace freshet {
namespace {

/// Most items that score high and that the user has not had qualify: whether they do is asked of the
/// candidates only, at first.
class PoolItems final : public ScanItems {
 public:
  PoolItems(const VectorQuestion& question, CandidatePool& pool) : question_(question), pool_(pool) {}
  void AskAll() { ask_all_ = true; }
  /// Candidates that did not qualify.
  std::size_t refused() const { return refused_; }
  bool Keep(ItemKey item) const override {
    return ask_all_ ? pool_.Qualified(item) != nullptr : pool_.MayQualify(item);
  }
  float Exact(ItemKey item) const override {
    const ItemModel* model = pool_.Qualified(item);
    if (model != nullptr) return question_.exact(*model);
    ++refused_;
    return std::numeric_limits<float>::quiet_NaN();
  }

 private:
  const VectorQuestion& question_;
  CandidatePool& pool_;
  bool ask_all_ = false;
  mutable std::size_t refused_ = 0;
};

}  // namespace

void ProposeByVector(const VectorQuestion& question, std::size_t generator, CandidatePool& pool) {
  const Int8Matrix* vectors = pool.view().Vectors(question.space);
  if (vectors == nullptr || vectors->size() == 0) return;
  PoolItems items(question, pool);
  const ScanRequest request{question.query, items, question.limit};
  ScanResult& found = pool.scanned();
  pool.scan().Run(*vectors, {&request, 1}, {&found, 1});
  if (items.refused() > 0 && found.hits.size() < question.limit) {
    items.AskAll();
    pool.scan().Run(*vectors, {&request, 1}, {&found, 1});
  }
  for (const ScanHit& hit : found.hits) pool.ShortlistSlot(generator, pool.Add(hit.item));
  pool.mass(generator) = {found.mass, static_cast<double>(pool.view().ItemCount())};
}

}  // namespace freshet
