using Sensorium.Cli.Verify.Kinds;

namespace Sensorium.Cli.Verify;

/// <summary>The kinds of check that can be run: a line each.</summary>
static class CheckKinds
{
    static readonly Dictionary<string, ICheckKind> ByName = new ICheckKind[]
    {
        new ForwardCheck(),
        new GenerateCheck(),
        new EmbedCheck(),
        new ChatCheck(),
        new PerplexityCheck(),
        new ChatTemplateCheck(),
        new TokenizeCheck(),
        new PreprocessImageCheck(),
        new ResizeImageCheck(),
        new ImageOpCheck(),
        new DecodeImageCheck(),
        new LoadImageCheck(),
        new AccuracyCheck(),
        new DetectObjectsCheck(),
        new AnchorsCheck(),
        new DecodeBoxesCheck(),
        new NonMaximumSuppressionCheck(),
    }.ToDictionary(kind => kind.Kind, StringComparer.Ordinal);

    static readonly Dictionary<string, IBundleKind> BundlesByName = new IBundleKind[]
    {
        new GgufQuantTypes(),
        new GgufArchitectures(),
        new GgufVocabularies(),
        new GgufProjectors(),
    }.ToDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>The runner of a kind, or null where it is not built yet.</summary>
    public static ICheckKind? Find(string kind) => ByName.GetValueOrDefault(kind);

    /// <summary>The runner of a bundle that has a form of its own, or null where it is not built yet.</summary>
    public static IBundleKind? FindBundle(string name) => BundlesByName.GetValueOrDefault(name);
}
