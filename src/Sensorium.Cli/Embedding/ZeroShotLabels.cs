using Sensorium.Cli.Errors;
using Sensorium.Media.Images;
using Sensorium.Models.Systems;
using Sensorium.Tensors;

namespace Sensorium.Cli.Embedding;

/// <summary>Labels that the caller names, each a text that pictures are matched with (Radford et al. 2021, §3.1).</summary>
sealed class ZeroShotLabels
{
    const string Place = "{}";

    readonly EmbeddingSystem system;
    readonly float[] vectors;

    /// <summary>Embeds the labels, once for all pictures.</summary>
    /// <param name="c">The context to compute in.</param>
    /// <param name="system">Matches pictures with texts.</param>
    /// <param name="names">The labels.</param>
    /// <param name="template">What a label becomes; null: the model's own.</param>
    /// <exception cref="UsageException">A label is longer than the model takes.</exception>
    public ZeroShotLabels(Compute c, EmbeddingSystem system, IReadOnlyList<string> names, string? template)
    {
        this.system = system;
        Names = names;
        TokenizedText[] texts = [.. names.Select(name => system.Tokenize((template ?? system.LabelTemplate).Replace(Place, name, StringComparison.Ordinal)))];
        if (Array.FindIndex(texts, text => text.TokensLeftOut > 0) is >= 0 and var tooLong)
        {
            throw new UsageException($"the label '{names[tooLong]}' has {texts[tooLong].TokensLeftOut} tokens more than {system.Name} takes; shorten it");
        }

        c.Reset();
        Tensor embedded = system.EmbedTexts(c, [.. texts.Select(text => text.Ids)]);
        vectors = new float[embedded.Rows * embedded.Columns];
        c.Read(embedded, vectors);
    }

    /// <summary>The labels.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Reads <c>--labels</c>: names between commas.</summary>
    /// <exception cref="UsageException">There are none, or one stands there twice.</exception>
    public static string[] Read(string[] given)
    {
        string[] names = [.. given.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        if (names.Length == 0)
        {
            throw new UsageException("--labels has no labels; for example: --labels \"cat,dog,bird\"");
        }

        return names.GroupBy(name => name, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new UsageException($"--labels has '{twice.Key}' twice")
            : names;
    }

    /// <exception cref="UsageException">The label has no place in it.</exception>
    public static void Check(string? template)
    {
        if (template?.Contains(Place, StringComparison.Ordinal) == false)
        {
            throw new UsageException($"--template '{template}' has no {{}}, where the label goes; for example: --template \"a photo of a {{}}\"");
        }
    }

    /// <summary>How well each label fits a picture, from 0 to 1.</summary>
    public float[] Scores(Compute c, Image image)
    {
        var scores = new float[Names.Count];
        Tensor picture = system.EmbedPictures(c, [image]);
        c.Read(system.Scores(c, picture, c.FromHost(vectors, Names.Count, system.Dimensions)), scores);
        return scores;
    }
}
