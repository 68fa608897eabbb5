using Sensorium.Models.Backbones;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>
/// A causal language model on <c>input_ids</c>. The reference pads a batch; here the real rows of all sequences lie end
/// to end, which is also how a check with <c>rows</c> stores them.
/// </summary>
static class BackboneForward
{
    public static IEnumerable<CheckRow> Run(Check check, Backbone backbone, VerifySession session)
    {
        int[][] sequences = Sequences(check);
        Compute c = session.Compute;
        c.Reset();
        using var observed = new Observed(c);
        Tensor x = backbone.Embed(c, sequences.SelectMany(ids => ids).ToArray());
        var plan = Plan.Of(causal: true, [.. sequences.Select(ids => ids.Length)]);
        Tensor normed = backbone.Norm(c, backbone.Forward(c, x, plan));
        return [.. FieldChecks.Compare(check, field => ExpectedShapes.Rows(Field(field)!, check.ShapeOf(field)), session.Judge)];

        Values? Field(string field) => field switch
        {
            "logits" => c.Values(backbone.Logits(c, Kept(c, normed, sequences, check.Whole("logits_to_keep")))),
            "last_logits" => c.Values(backbone.Logits(c, normed.SliceRows(normed.Rows - 1, 1))),
            "last_hidden_state" => c.Values(normed),
            _ => observed[field] ?? throw new SkipException($"the output '{field}' is not built yet"),
        };
    }

    /// <summary>The real tokens of each sequence.</summary>
    /// <param name="check">The check.</param>
    /// <param name="idsAre">The input that has the ids.</param>
    /// <param name="maskIs">The input that says which are real; all are where it is not there.</param>
    public static int[][] Sequences(Check check, string idsAre = "input_ids", string maskIs = "attention_mask")
    {
        Values ids = check.Input(idsAre);
        Values? mask = check.HasInput(maskIs) ? check.Input(maskIs) : null;
        int count = ids.Shape.Length == 1 ? 1 : ids.Shape[0];
        return
        [
            .. Enumerable.Range(0, count).Select(row =>
                ids.Row(row).Select(id => (int)id).Where((_, at) => mask is null || mask.Row(row)[at] != 0).ToArray()),
        ];
    }

    /// <summary>The last rows of every sequence, or all.</summary>
    static Tensor Kept(Compute c, Tensor rows, int[][] sequences, int keep)
    {
        if (keep == 0)
        {
            return rows;
        }

        var indices = new List<int>();
        int end = 0;
        foreach (int[] ids in sequences)
        {
            end += ids.Length;
            indices.AddRange(Enumerable.Range(end - Math.Min(keep, ids.Length), Math.Min(keep, ids.Length)));
        }

        return c.Gather(rows, indices.ToArray());
    }
}
