using Sensorium.Models.Backbones;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>
/// An encoder of BERT's kind on <c>input_ids</c>. Positions are those that the reference's padded rows have; the real
/// rows lie end to end.
/// </summary>
static class BertForward
{
    public static IEnumerable<CheckRow> Run(Check check, Bert bert, VerifySession session)
    {
        Values given = check.Input("input_ids");
        Values? mask = check.HasInput("attention_mask") ? check.Input("attention_mask") : null;
        Values? types = check.HasInput("token_type_ids") ? check.Input("token_type_ids") : null;
        Values? positions = check.HasInput("position_ids") ? check.Input("position_ids") : null;
        var ids = new List<int>();
        var typeIds = new List<int>();
        var starts = new List<int>();
        var plan = new Plan();
        for (int row = 0; row < (given.Shape.Length == 1 ? 1 : given.Shape[0]); row++)
        {
            int[] padded = [.. given.Row(row).Select(id => (int)id)];
            int[] places = positions is null ? bert.Positions(padded) : [.. positions.Row(positions.Shape.Length == 1 || positions.Shape[0] == 1 ? 0 : row).Select(p => (int)p)];
            int[] real = [.. Enumerable.Range(0, padded.Length).Where(at => mask is null || mask.Row(row)[at] != 0)];
            int first = plan.Add(real.Length, causal: false);
            starts.Add(first);
            for (int i = 0; i < real.Length; i++)
            {
                plan.SetPosition(first + i, 0, places[real[i]]);
                ids.Add(padded[real[i]]);
                typeIds.Add(types is null ? 0 : (int)types.Row(row)[real[i]]);
            }
        }

        Compute c = session.Compute;
        c.Reset();
        using var observed = new Observed(c);
        Tensor last = bert.Forward(c, ids.ToArray(), typeIds.ToArray(), plan);
        Tensor? pooled = bert.Pooler?.Forward(c, c.Gather(last, starts.ToArray()), Activation.Tanh);
        return [.. FieldChecks.Compare(check, field => Field(field) is { } values ? ExpectedShapes.Rows(values, check.ShapeOf(field)) : null, session.Judge)];

        Values? Field(string field) => field switch
        {
            "last_hidden_state" => c.Values(last),
            "pooler_output" => pooled is { } vectors ? c.Values(vectors) : null,
            "prediction_logits" or "logits" => bert.MaskedTokens is { } head ? c.Values(head.Forward(c, last)) : null,
            "seq_relationship_logits" => pooled is { } vectors && bert.NextSentence is { } next ? c.Values(next.Forward(c, vectors)) : null,
            _ => observed[field],
        };
    }
}
