#pragma once

#include <optional>
#include <string>
#include <vector>

#include "freshet/operator.h"
#include "operators/net_lesson.h"
#include "operators/net_store.h"
#include "operators/net_trainer.h"

namespace freshet {

/// Owns the next-item network, in one partition: trains it with what user tasks pass on and publishes it in
/// the item model. Lists never wait for it. See operator.h for threads and purity.
class NetOperator final : public Operator {
 public:
  static std::vector<std::string> InputRoles() { return {"net-lessons"}; }
  static std::vector<std::string> OutputRoles() { return {"item-model"}; }

  explicit NetOperator(NetTrainingOptions options) : options_(options) {}
  std::vector<std::string> Inputs() const override { return InputRoles(); }
  void Process(const RoledRecord& input, Context& context) override;
  void CloseBatch(Context& context) override;
  void Discard() override;

 private:
  bool Load(Context& context);
  void Publish(Context& context);

  NetTrainingOptions options_;
  std::optional<NetTrainer> trainer_;  ///< as of the last batch; none: to be loaded
  std::vector<NetLesson> lessons_;     ///< of this batch
};

}  // namespace freshet
