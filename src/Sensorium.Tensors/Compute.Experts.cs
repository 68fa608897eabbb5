namespace Sensorium.Tensors;

/// <summary>The experts of a mixture, each a gated MLP.</summary>
/// <param name="GateUp">For each expert gate and up, [2 n, hidden].</param>
/// <param name="Down">For each expert, [hidden, n].</param>
/// <param name="Activation">Of the gates.</param>
public sealed record ExpertBank(IReadOnlyList<Weight> GateUp, IReadOnlyList<Weight> Down, Activation Activation)
{
    /// <summary>How many there are.</summary>
    public int Count => GateUp.Count;
}

public abstract partial class Compute
{
    /// <summary>
    /// A mixture of experts (Shazeer et al. 2017): each row goes through the experts that its router scores highest; their
    /// outputs are added, each times its share, the softmax over all experts' scores. Of equal scores the first wins.
    /// Gradients flow through experts and shares; which experts were chosen is taken as given.
    /// </summary>
    /// <param name="x">[rows, hidden]</param>
    /// <param name="scores">The router's, [rows, experts].</param>
    /// <param name="experts">The experts.</param>
    /// <param name="perRow">How many experts a row goes to.</param>
    /// <param name="sharesSumToOne">Whether the chosen experts' shares are divided by their sum.</param>
    /// <returns>[rows, hidden]</returns>
    public virtual Tensor MixExperts(Tensor x, Tensor scores, ExpertBank experts, int perRow, bool sharesSumToOne)
    {
        CheckExperts(x, scores, experts, perRow);
        int rows = checked((int)x.Rows);
        if (rows == 0)
        {
            return x;
        }

        Tensor shares = Softmax(scores);
        int[] chosen = BestExperts(shares, perRow, out float[] mask);
        shares = Multiply(shares, FromHost(mask, rows, experts.Count));
        if (sharesSumToOne)
        {
            shares = Divide(shares, MatMul(MatMul(shares, Ones(experts.Count, 1)), Ones(1, experts.Count)));
        }

        // Expert by expert: its rows together, each times its share. A row finds its results again by their places.
        var places = new int[perRow * rows];
        var results = new List<Tensor>();
        int done = 0;
        Tensor spread = Ones(1, (int)experts.Down[0].Outputs);
        for (int expert = 0; expert < experts.Count; expert++)
        {
            int[] own = RowsOf(expert, chosen, perRow, places, rows, done);
            if (own.Length == 0)
            {
                continue;
            }

            Tensor y = Linear(Gate(Linear(Gather(x, own), experts.GateUp[expert]), experts.Activation), experts.Down[expert]);
            results.Add(Multiply(y, MatMul(Gather(shares.Slice(expert, 1), own), spread)));
            done += own.Length;
        }

        Tensor all = ConcatRows(results.ToArray());
        Tensor sum = Gather(all, places.AsSpan(0, rows));
        for (int rank = 1; rank < perRow; rank++)
        {
            sum = Add(sum, Gather(all, places.AsSpan(rank * rows, rows)));
        }

        return sum;
    }

    private protected static void CheckExperts(Tensor x, Tensor scores, ExpertBank experts, int perRow)
    {
        ShapeCheck.Size(scores, x.Rows, experts.Count, nameof(MixExperts));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perRow);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perRow, experts.Count);
    }

    /// <summary>Each row's best experts, best first, <c>[rows · perRow]</c>, and a one for each of them in <c>[rows, experts]</c>.</summary>
    int[] BestExperts(Tensor shares, int perRow, out float[] mask)
    {
        int experts = (int)shares.Columns;
        var values = new float[shares.Rows * experts];
        Read(shares, values);
        mask = new float[values.Length];
        var chosen = new int[shares.Rows * perRow];
        for (int at = 0; at < chosen.Length; at++)
        {
            int first = at / perRow * experts;
            int best = -1;
            for (int expert = 0; expert < experts; expert++)
            {
                // Written so that a share that is no number is chosen last, and still is one expert.
                if (mask[first + expert] == 0 && (best < 0 || values[first + expert] > values[first + best] || float.IsNaN(values[first + best])))
                {
                    best = expert;
                }
            }

            chosen[at] = best;
            mask[first + best] = 1;
        }

        return chosen;
    }

    /// <summary>The rows that chose an expert; notes for each where its result will be.</summary>
    static int[] RowsOf(int expert, int[] chosen, int perRow, int[] places, int rows, int done)
    {
        var own = new List<int>();
        for (int at = 0; at < chosen.Length; at++)
        {
            if (chosen[at] == expert)
            {
                places[at % perRow * rows + at / perRow] = done + own.Count;
                own.Add(at / perRow);
            }
        }

        return [.. own];
    }

    Tensor Ones(int rows, int columns)
    {
        var ones = new float[rows * columns];
        ones.AsSpan().Fill(1);
        return FromHost(ones, rows, columns);
    }
}
