using Sensorium.Models.Encoders;
using Sensorium.Models.Layers;
using Sensorium.Tensors;
using Sensorium.Weights;

namespace Sensorium.Models.Projectors;

/// <summary>
/// The nano model's projector (<c>label-object-bridge</c>): soft tokens from a classifier's pooled grid, its pooled
/// features and its labels, and from a detector's surest classes.
/// </summary>
public sealed class LabelObjectBridge : Projector
{
    const int ObjectFeatures = 7;

    readonly Weight featureMean;
    readonly Weight featureStd;
    readonly Linear grid;
    readonly Weight gridPosition;
    readonly Linear pooledIn;
    readonly Linear pooledOut;
    readonly Weight temperature;
    readonly Weight table;
    readonly Weight objectTable;
    readonly Linear evidence;
    readonly Weight gate;
    readonly Weight objectPosition;
    readonly Weight nothing;
    readonly Activation activation;
    readonly int hidden;
    readonly int labelTokens;
    readonly int pooledTokens;
    readonly int numObjectTokens;
    readonly int numObjectClasses;
    readonly float minObjectScore;

    /// <param name="at">The projector's own checkpoint.</param>
    /// <param name="json">The composed config's <c>projector</c> section.</param>
    public LabelObjectBridge(Checkpoint at, Config json)
    {
        int features = json.Int("feature_size");
        int labels = json.Int("num_labels");
        hidden = json.Int("hidden_size");
        int intermediate = json.Int("intermediate_size");
        activation = Activations.Read(json, "hidden_act");
        numObjectClasses = json.Int("num_object_classes");
        numObjectTokens = json.Int("num_object_tokens", most: numObjectClasses);
        minObjectScore = json.Float("min_object_score");
        if (json.Int("num_object_features") != ObjectFeatures)
        {
            throw json.Bad("num_object_features", $"must be {ObjectFeatures}: score, ln(1 + count), centre x, centre y, width, height, area");
        }

        int[] cells = json.Ints("grid");
        Grid = cells.Length == 2 && cells[0] > 0 && cells[1] > 0 ? (cells[0], cells[1]) : throw json.Bad("grid", "must be two positive numbers");
        Dictionary<string, int> counts = ReadCounts(json);
        int gridTokens = counts["grid"];
        pooledTokens = counts["pooled"];
        labelTokens = counts["logits"];
        if (gridTokens != Grid.Height * Grid.Width)
        {
            throw json.Bad("soft_tokens", $"has {gridTokens} grid tokens for a grid of {Grid.Height} by {Grid.Width}");
        }

        if (counts["objects"] != numObjectTokens || counts.Values.Sum() != json.Int("num_soft_tokens"))
        {
            throw json.Bad("soft_tokens", $"has counts that do not agree with num_object_tokens {numObjectTokens} and num_soft_tokens {json.Int("num_soft_tokens")}");
        }

        NumSoftTokens = counts.Values.Sum();
        featureMean = at["feature"].Weight("mean", WeightRole.Vector, features);
        featureStd = at["feature"].Weight("std", WeightRole.Vector, features);
        grid = new Linear(at["grid"], features, hidden);
        gridPosition = at["grid"].Weight("position", WeightRole.Vector, gridTokens, hidden);
        pooledIn = new Linear(at["pooled"][0], features, intermediate);
        pooledOut = new Linear(at["pooled"][2], intermediate, pooledTokens * hidden);
        temperature = at.Weight("temperature", WeightRole.Vector, 1);
        table = at.Weight("table", WeightRole.Vector, labels, labelTokens, hidden);
        Checkpoint objects = at["objects"];
        objectTable = objects.Weight("table", WeightRole.Table, numObjectClasses, hidden);
        evidence = new Linear(objects.Weight("evidence", WeightRole.Matrix, hidden, ObjectFeatures));
        gate = objects.Weight("gate", WeightRole.Vector, 2);
        objectPosition = objects.Weight("position", WeightRole.Vector, numObjectTokens, hidden);
        nothing = objects.Weight("nothing", WeightRole.Vector, hidden);
    }

    /// <inheritdoc/>
    public override int NumSoftTokens { get; }

    /// <inheritdoc/>
    public override (int Height, int Width) Grid { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Reads { get; } = ["grid", "pooled", "logits", "score", "box", "count"];

    /// <inheritdoc/>
    public override Tensor Forward(Compute c, EncoderOutputs outputs)
    {
        Tensor cells = c.Add(grid.Forward(c, Normalised(c, outputs["grid"])), c.Load(gridPosition));
        Tensor pooled = pooledOut.Forward(c, pooledIn.Forward(c, Normalised(c, outputs["pooled"]), activation)).Reshape(pooledTokens, hidden);
        Tensor labels = c.MatMul(Probabilities(c, outputs["logits"]), c.Load(table)).Reshape(labelTokens, hidden);
        return c.ConcatRows(cells, pooled, labels, Objects(c, outputs));
    }

    /// <summary>softmax(logits / temperature), [pictures, labels].</summary>
    public Tensor Probabilities(Compute c, Tensor logits) => c.Softmax(c.Affine(logits, 1 / Scalar(c, temperature)));

    /// <summary>
    /// The surest classes in falling order (of equal scores the lower class first; -1 where the score is too low) and
    /// their features: score, ln(1 + count), centre x, centre y, width, height, area.
    /// </summary>
    public (int[] Classes, float[] Features) Surest(Compute c, EncoderOutputs outputs)
    {
        var score = new float[numObjectClasses];
        var count = new float[numObjectClasses];
        var box = new float[numObjectClasses * 4];
        c.Read(outputs["score"], score);
        c.Read(outputs["count"], count);
        c.Read(outputs["box"], box);
        int[] order = [.. Enumerable.Range(0, numObjectClasses).OrderByDescending(i => score[i]).ThenBy(i => i).Take(numObjectTokens)];
        var features = new float[numObjectTokens * ObjectFeatures];
        for (int rank = 0; rank < order.Length; rank++)
        {
            int id = order[rank];
            if (score[id] < minObjectScore)
            {
                order[rank] = -1;
                continue;
            }

            Span<float> f = features.AsSpan(rank * ObjectFeatures, ObjectFeatures);
            f[0] = score[id];
            f[1] = MathF.Log(1 + count[id]);
            box.AsSpan(id * 4, 4).CopyTo(f[2..]);
            f[6] = box[id * 4 + 2] * box[id * 4 + 3];
        }

        return (order, features);
    }

    Tensor Objects(Compute c, EncoderOutputs outputs)
    {
        (int[] classes, float[] features) = Surest(c, outputs);
        int seen = classes.Count(id => id >= 0);
        Tensor unseen = c.Load(nothing);
        if (seen == 0)
        {
            return c.Gather(unseen, new int[numObjectTokens]);
        }

        // The surest come first, so the seen ones are the first rows.
        var gates = new float[2];
        c.Read(c.Load(gate), gates);
        var opened = new float[seen * hidden];
        for (int rank = 0; rank < seen; rank++)
        {
            float open = 1 / (1 + MathF.Exp(-(gates[0] * features[rank * ObjectFeatures] + gates[1])));
            opened.AsSpan(rank * hidden, hidden).Fill(open);
        }

        Tensor names = c.Multiply(c.Embed(objectTable, classes.AsSpan(0, seen)), c.FromHost(opened, seen, hidden));
        Tensor told = evidence.Forward(c, c.FromHost(features.AsSpan(0, seen * ObjectFeatures), seen, ObjectFeatures), residual: names);
        Tensor tokens = c.Add(told, c.Load(objectPosition).SliceRows(0, seen));
        return seen == numObjectTokens ? tokens : c.ConcatRows(tokens, c.Gather(unseen, new int[numObjectTokens - seen]));
    }

    Tensor Normalised(Compute c, Tensor x) => c.Divide(c.Subtract(x, c.Load(featureMean)), c.Load(featureStd));

    static float Scalar(Compute c, Weight weight)
    {
        Span<float> value = stackalloc float[1];
        c.Read(c.Load(weight), value);
        return value[0];
    }

    static Dictionary<string, int> ReadCounts(Config json)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        string[] order = ["grid", "pooled", "logits", "objects"];
        Config[] sections = json.Sections("soft_tokens");
        if (!sections.Select(s => s.String("from")).SequenceEqual(order, StringComparer.Ordinal))
        {
            throw json.Bad("soft_tokens", $"must be in the order {string.Join(", ", order)}");
        }

        foreach (Config section in sections)
        {
            counts[section.String("from")] = section.Int("count", most: 4096);
        }

        return counts;
    }
}
