using Sensorium.Cli.Verify;
using Sensorium.Conformance.Support;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Conformance;

/// <summary>Every bundle in every tier, by the code that <c>sensorium verify</c> runs.</summary>
public class BundleTests
{
    // What has to pass; the rest of a folder is run too, and only what is not built yet may be skipped.
    static readonly string[] Required =
    [
        "llama", "llama-bf16", "llama-dynamic", "llama-sharded", "llama-yarn", "t5", "flan-t5", "gguf-archs", "efficientnet-lite", "ssdlite-coco", "nano", "smollm2-chat",
        "bert", "bert-embed", "roberta-embed",
        "vit", "vit-pooled", "clip", "clip-gelu", "clip-vision", "clip-vision-projection", "siglip", "siglip-vision", "llava", "llava-full", "gguf-mmproj",
        "sampling", "jinja", "jpeg-pixels", "png-pixels", "resize-pillow", "gguf-quant-types", "image-load", "image-ops", "processor-clip", "processor-siglip", "processor-vit",
        "tokenizers", "tokenizer-json", "tokenizer-kinds", "sentencepiece", "tiktoken", "tokenizer-training", "chat-templates",
    ];

    // No model in them, so no tier either.
    static readonly string[] WithoutModel =
    [
        "sampling", "jinja", "jpeg-pixels", "png-pixels", "resize-pillow", "image-load", "image-ops", "processor-clip", "processor-siglip", "processor-vit",
        "tokenizers", "tokenizer-json", "tokenizer-kinds", "sentencepiece", "tiktoken", "tokenizer-training", "chat-templates",
    ];

    public static IEnumerable<object[]> Carried => Rows(Repository.Bundles, KernelTiers.Available);

    // The carried ones prove every tier; these add the cases whose media or models are too large to carry.
    public static IEnumerable<object[]> Shared => Directory.Exists(Repository.Shared) ? Rows(Repository.Shared, [KernelTiers.Best]) : [["", "", ""]];

    [Theory]
    [MemberData(nameof(Carried))]
    public void A_carried_bundle_passes(string bundle, string tier, string folder) => Run(bundle, tier, folder);

    [Theory]
    [MemberData(nameof(Shared))]
    public void A_bundle_beside_the_repository_passes(string bundle, string tier, string folder)
    {
        if (bundle.Length > 0)
        {
            Run(bundle, tier, folder);
        }
    }

    [Fact]
    public void Every_required_bundle_is_carried() =>
        Required.Where(name => !File.Exists(Path.Combine(Repository.Bundles, name, "case.json"))).ShouldBeEmpty();

    static void Run(string name, string tier, string folder)
    {
        using var device = new CpuDevice(tier: KernelTiers.Parse(tier, nameof(tier)));
        using var session = new VerifySession(device, new VerifyOptions());
        using Bundle bundle = Bundle.Open(Path.Combine(folder, name));
        CheckRow[] rows = [.. BundleRun.Rows(bundle, session)];
        rows.Where(row => row.Verdict == Verdict.Failed).Select(row => $"{row.Check} {row.Field}: abs {row.Absolute}, allowed {row.Allowed}; {row.Detail}").ShouldBeEmpty();
        if (Required.Contains(name, StringComparer.Ordinal))
        {
            rows.Count(row => row.Verdict == Verdict.Passed).ShouldBeGreaterThan(0);
        }
    }

    static IEnumerable<object[]> Rows(string folder, IReadOnlyList<KernelTier> tiers) =>
        from path in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal)
        where File.Exists(Path.Combine(path, "case.json"))
        let name = Path.GetFileName(path)
        from tier in WithoutModel.Contains(name, StringComparer.Ordinal) ? [KernelTiers.Best] : tiers
        select new object[] { name, tier.Name(), folder };
}
