using Sensorium.Models.Backbones;
using Sensorium.Tensors;

namespace Sensorium.Cli.Verify.Kinds;

/// <summary><c>perplexity</c>: the negative log-likelihood of each token of a text given those before it, and exp of their mean.</summary>
sealed class PerplexityCheck : ICheckKind
{
    const int RowsAtATime = 64;

    public string Kind => "perplexity";

    public IEnumerable<CheckRow> Run(Check check, VerifySession session)
    {
        if (session.Model(check).Model is not Backbone backbone)
        {
            throw new SkipException("only language models have a perplexity");
        }

        int[] ids = check.Input("input_ids").ToInts();
        if (check.Text("file") is { } file)
        {
            int[] own = session.System(check).Tokenizer.EncodeIds(File.ReadAllText(check.Find(file)), addSpecialTokens: false);
            yield return FieldChecks.Sequence(check.Name, "ids", own, ids, judge: true);
        }

        var losses = new Values(Losses(session.Compute, backbone, ids), [ids.Length - 1]);
        foreach (CheckRow row in FieldChecks.Compare(check, field => field == "token_nll" ? losses : null, session.Judge))
        {
            yield return row;
        }

        double expected = check.Number("perplexity");
        double allowed = session.Options.Fast ? check.Number("perplexity_rtol_quantised_activations", 0.02) : check.Number("perplexity_rtol", 0.001);
        yield return FieldChecks.Row(check.Name, "perplexity", new Values([Math.Exp(losses.Data.Average())], []), new Values([expected], []), new Tolerance(0, allowed), judge: true);
    }

    static double[] Losses(Compute c, Backbone backbone, int[] ids)
    {
        c.Reset();
        Tensor normed = backbone.Norm(c, backbone.Forward(c, backbone.Embed(c, ids), Plan.Of(causal: true, ids.Length)));
        var losses = new double[ids.Length - 1];
        var plan = new Plan();
        for (int first = 0; first < losses.Length; first += RowsAtATime)
        {
            int count = Math.Min(RowsAtATime, losses.Length - first);
            c.Run(new LossBlock(backbone, ids.AsMemory(first + 1, count), losses.AsMemory(first, count)), normed.SliceRows(first, count), plan);
        }

        return losses;
    }

    /// <summary>Logits of a few rows, read and let go: those of a whole text would not fit.</summary>
    sealed class LossBlock(Backbone backbone, ReadOnlyMemory<int> next, Memory<double> losses) : IBlock
    {
        public Tensor Forward(Compute c, Tensor x, Plan plan)
        {
            Values logits = c.Values(backbone.Logits(c, x));
            for (int i = 0; i < next.Length; i++)
            {
                double[] row = logits.Row(i);
                double best = row.Max();
                losses.Span[i] = best + Math.Log(row.Sum(l => Math.Exp(l - best))) - row[next.Span[i]];
            }

            return default;
        }
    }
}
