using Sensorium.Inference.Sampling;
using Sensorium.Media;
using Sensorium.Models.Backbones;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Tensors.Cpu;

namespace Sensorium.Inference.Tests;

/// <summary>Rows that see each other both ways are computed in one pass, and never reused in part.</summary>
public sealed class BidirectionalSpanTests : IDisposable
{
    const int Soft = 10;

    readonly CpuDevice device = new();

    public void Dispose() => device.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(16)]
    [InlineData(512)]
    public async Task AChunkNeverSplitsASpan(int stepRows)
    {
        var backbone = new WatchingBackbone();
        using var engine = new Engine(device, new EngineOptions { StepRows = stepRows });
        LanguageSystem system = SystemOf(backbone);
        Picture one = Picture(1), other = Picture(2);

        // Rows 5 to 14 and 17 to 26 are pictures.
        await engine.Answer(system, Request([1, 2, 3, 4, 5], one, [6, 7], other, [8, 9, 10]));
        int[] ends = backbone.VisibleEnds;
        ends.Length.ShouldBe(30);
        for (int row = 0; row < ends.Length; row++)
        {
            ends[row].ShouldBe(row is >= 5 and < 15 ? 15 : row is >= 17 and < 27 ? 27 : row + 1, $"row {row}");
        }

        backbone.Passes.ShouldAllBe(p => !(p.Start > 5 && p.Start < 15) && !(p.Start > 17 && p.Start < 27));
        backbone.Passes.ShouldAllBe(p => p.Rows <= Math.Max(stepRows, Soft));
    }

    [Fact]
    public async Task ReuseNeverSplitsASpan()
    {
        var backbone = new WatchingBackbone();
        using var engine = new Engine(device, new EngineOptions());
        LanguageSystem system = SystemOf(backbone);
        Picture picture = Picture(1);
        await engine.Answer(system, Request([1, 2, 3], picture, [6, 7], picture, [8]));

        // The same beginning, which ends with the picture: only its last row would be left to compute.
        backbone.Passes.Clear();
        await engine.Answer(system, Request([1, 2, 3], picture, [], null, []));
        backbone.Passes[0].ShouldBe((3, Soft));

        // Another question after the same picture: the picture is reused whole.
        backbone.Passes.Clear();
        await engine.Answer(system, Request([1, 2, 3], picture, [9, 9], null, []));
        backbone.Passes[0].ShouldBe((3 + Soft, 2));
    }

    [Fact]
    public async Task AnotherPictureSharesTheTextBeforeItAlone()
    {
        var backbone = new WatchingBackbone();
        using var engine = new Engine(device, new EngineOptions());
        LanguageSystem system = SystemOf(backbone);
        int[] before = new int[60];
        await engine.Answer(system, Request(before, Picture(1), [1], null, []));
        backbone.Passes.Clear();
        await engine.Answer(system, Request(before, Picture(2), [1], null, []));
        backbone.Passes[0].ShouldBe((60, Soft + 1));
    }

    [Fact]
    public async Task ASpanWhoseSecondPageWentIsSeenWholeByWhatIsComputedAgain()
    {
        // Room for two pages, and the picture's rows 60 to 69 lie on both.
        var backbone = new WatchingBackbone();
        using var engine = new Engine(device, new EngineOptions { Numerics = Numerics.Exact, KvBytes = 2 * 64 * 8 * sizeof(float) });
        LanguageSystem system = SystemOf(backbone);
        GenerationRequest request = Request(new int[60], Picture(1), [1], null, []);
        await engine.Answer(system, request);
        await engine.Answer(system, GenerationRequest.Of([7, 7, 7], 1));
        backbone.Passes.Clear();
        backbone.Forget();
        await engine.Answer(system, request);
        backbone.Passes[0].ShouldBe((64, 7));
        backbone.VisibleEnds.ShouldBe([70, 70, 70, 70, 70, 70, 71]);
    }

    static Picture Picture(byte content) => new($"picture-{content}", new[] { content });

    static GenerationRequest Request(int[] before, Picture picture, int[] between, Picture? second, int[] after)
    {
        List<PromptSpan> spans = [PromptSpan.Of(before), PromptSpan.Of(picture, Soft, bidirectional: true)];
        if (between.Length > 0)
        {
            spans.Add(PromptSpan.Of(between));
        }

        if (second is not null)
        {
            spans.Add(PromptSpan.Of(second, Soft, bidirectional: true));
        }

        if (after.Length > 0)
        {
            spans.Add(PromptSpan.Of(after));
        }

        return new GenerationRequest { Prompt = spans, MaxNewTokens = 1, Sampling = new SamplingOptions() };
    }

    static LanguageSystem SystemOf(Backbone backbone) => new SeeingSystem
    {
        Name = "watching",
        Backbone = backbone,
        Tokenizer = FakeSystem.Tokenizer,
        Generation = new GenerationConfig(),
        Identity = "fake",
    };

    sealed class SeeingSystem : LanguageSystem
    {
        public override int MaxPictures => 10;

        public override int SoftTokens(Picture picture) => Soft;

        public override PreparedPicture Prepare(Picture picture, MediaBudget budget) => new(picture, []);

        public override Tensor Encode(Compute c, PreparedPicture picture) => c.FromHost(new float[Soft * 4], Soft, 4);
    }

    /// <summary>Notes how far each row of the first sequence sees.</summary>
    sealed class WatchingBackbone : Backbone
    {
        readonly SortedDictionary<int, int> ends = [];

        public List<(int Start, int Rows)> Passes { get; } = [];

        public int[] VisibleEnds => [.. ends.Values];

        public void Forget() => ends.Clear();

        public override int HiddenSize => 4;

        public override int VocabularySize => 100;

        public override int ContextLength => 1000;

        public override KvLayout KvLayout => new(1, 1, 4, 4);

        public override Tensor Embed(Compute c, ReadOnlySpan<int> ids) => c.FromHost(new float[ids.Length * 4], ids.Length, 4);

        public override Tensor Forward(Compute c, Tensor x, Plan plan)
        {
            Segment segment = plan.Segments[0];
            Passes.Add((segment.Start, segment.Rows));
            for (int i = 0; i < segment.Rows; i++)
            {
                ends[segment.Start + i] = plan.VisibleEnds[segment.FirstRow + i];
            }

            c.Append(plan, 0, x, x);
            return x;
        }

        public override Tensor Norm(Compute c, Tensor x) => x;

        public override Tensor Logits(Compute c, Tensor normed) => c.FromHost(new float[normed.Rows * VocabularySize], normed.Rows, VocabularySize);
    }
}
