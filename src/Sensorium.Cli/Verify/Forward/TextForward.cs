using Sensorium.Models.Encoders.Transformers;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Forward;

/// <summary>
/// A contrastive model's text half on <c>input_ids</c>. The reference also gives the rows of tokens that its mask hides, so
/// here they stand behind the others: no row sees them, and they see what the reference lets them see.
/// </summary>
static class TextForward
{
    public static IEnumerable<CheckRow> Run(Check check, TextModel model, VerifySession session)
    {
        Compute c = session.Compute;
        c.Reset();
        using var observed = new Observed(c);
        Batch batch = Batch.Of(check, model);
        Tensor rows = batch.Forward(c, model);
        return [.. FieldChecks.Compare(check, field => Field(field) is { } values ? ExpectedShapes.Rows(values, check.ShapeOf(field)) : null, session.Judge)];

        Values? Field(string field) => field switch
        {
            "last_hidden_state" => c.Values(rows),
            "pooler_output" => c.Values(model is { Transformer.Config.FillId: not null } ? model.Project(c, batch.Pooled(c, model, rows)) : batch.Pooled(c, model, rows)),
            "text_embeds" => c.Values(model.Project(c, batch.Pooled(c, model, rows))),
            _ => observed[field] is { } hidden ? batch.InOrder(hidden) : null,
        };
    }

    /// <summary>Each text's vector in the shared space, of whatever length.</summary>
    public static Tensor Vectors(Compute c, Check check, TextModel model)
    {
        Batch batch = Batch.Of(check, model);
        return model.Project(c, batch.Pooled(c, model, batch.Forward(c, model)));
    }

    /// <summary>A padded batch with its hidden tokens last.</summary>
    sealed class Batch
    {
        readonly List<int[]> texts = [];
        readonly List<int> ids = [];
        readonly List<int> places = [];
        readonly Plan plan = new();

        public static Batch Of(Check check, TextModel model)
        {
            var batch = new Batch();
            Values input = check.Input("input_ids");
            Values? mask = check.HasInput("attention_mask") ? check.Input("attention_mask") : null;
            int count = input.Shape.Length == 1 ? 1 : input.Shape[0];
            for (int row = 0; row < count; row++)
            {
                int[] own = Array.ConvertAll(input.Row(row), v => (int)v);
                batch.Add(own, mask is null ? null : Array.ConvertAll(mask.Row(row), v => v != 0), model.Transformer.Config.IsCausal);
            }

            return batch;
        }

        /// <summary>All rows in the order of the input.</summary>
        public Tensor Forward(Compute c, TextModel model) => c.Gather(model.Transformer.Forward(c, ids.ToArray(), plan), places.ToArray());

        public Tensor Pooled(Compute c, TextModel model, Tensor inOrder)
        {
            int first = 0;
            var rows = new int[texts.Count];
            for (int i = 0; i < rows.Length; i++)
            {
                rows[i] = first + model.Transformer.Config.PooledRow(texts[i]);
                first += texts[i].Length;
            }

            return c.Gather(inOrder, rows);
        }

        public Values InOrder(Values rows) => rows with { Data = [.. places.SelectMany(rows.Row)] };

        void Add(int[] own, bool[]? seen, bool causal)
        {
            int first = plan.Add(own.Length, causal: causal);
            int[] order = [.. Enumerable.Range(0, own.Length).OrderBy(at => seen is not null && !seen[at])];
            int real = seen?.Count(s => s) ?? own.Length;
            for (int row = 0; row < order.Length; row++)
            {
                int at = order[row];
                plan.SetPosition(first + row, 0, at);
                plan.SetVisible(first + row, 1, causal ? seen?.Take(at + 1).Count(s => s) ?? at + 1 : real);
                ids.Add(own[at]);
            }

            places.AddRange(Enumerable.Range(0, own.Length).Select(at => first + Array.IndexOf(order, at)));
            texts.Add(own);
        }
    }
}
