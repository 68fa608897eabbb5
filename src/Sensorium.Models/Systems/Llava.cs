using Sensorium.Media;
using Sensorium.Media.Images;
using Sensorium.Models.Backbones;
using Sensorium.Models.Encoders;
using Sensorium.Models.Loading;
using Sensorium.Tensors;
using Sensorium.Text.Templates;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Systems;

/// <summary>LLaVA (Liu et al. 2023 and 2024; transformers LlavaForConditionalGeneration): a vision tower, a projector, and any language model.</summary>
public sealed class Llava : IAnswers
{
    const string LanguageModel = "language_model";

    Llava(LlavaVision vision, Backbone language, int imageTokenId)
    {
        Vision = vision;
        Language = language;
        ImageTokenId = imageTokenId;
    }

    /// <summary>How checkpoints spell the names: before transformers 4.52, and since.</summary>
    internal static NameTable HubNames { get; } = new(
        new NameRow("language_model.{*}", "language_model.{*}"),
        new NameRow("language_model.model.{*}", "model.language_model.{*}"),
        new NameRow("language_model.lm_head.{*}", "lm_head.{*}"),
        new NameRow("vision_tower.{*}", "vision_tower.{*}"),
        new NameRow("vision_tower.{*}", "model.vision_tower.{*}"),
        new NameRow("vision_tower.vision_model.{*}", "model.vision_tower.{*}"),
        new NameRow("vision_tower.vision_model.{*}", "vision_tower.{*}"),
        new NameRow("multi_modal_projector.{*}", "multi_modal_projector.{*}"),
        new NameRow("multi_modal_projector.{*}", "model.multi_modal_projector.{*}"));

    /// <summary>What it is shown of pictures.</summary>
    public LlavaVision Vision { get; }

    /// <summary>The language model.</summary>
    public Backbone Language { get; }

    /// <summary>The id that stands where a picture stands.</summary>
    public int ImageTokenId { get; }

    /// <summary>Builds the parts that a config describes.</summary>
    /// <exception cref="CheckpointException">The config is broken, or a part is none.</exception>
    public static Llava Build(Checkpoint at, Config json, IPartOpener parts)
    {
        Config text = json.Section("text_config").WithDefaults("""{"model_type": "llama"}""");
        Family family = Catalog.Find(text);
        if (family.HubNames is { } names)
        {
            at = at.WithNames(HubNames.Then(names.Within(LanguageModel)));
        }

        text = family.SectionDefaults is { } defaults ? text.WithDefaults(defaults) : text;
        Backbone language = family.Build(at[LanguageModel], text, parts) is Backbone built and not EncoderDecoder
            ? built
            : throw text.Bad("model_type", $"is a {family.Title}; LLaVA's language model is a decoder by itself");
        int imageTokenId = json.Has("image_token_id") ? json.Int("image_token_id", least: 0) : json.IntOr("image_token_index", 32000, least: 0);
        return new Llava(LlavaVision.Build(at, json, language.HiddenSize, parts), language, imageTokenId);
    }

    /// <inheritdoc/>
    public LanguageSystem ToSystem(ModelFiles files, string identity)
    {
        Tokenizer tokenizer = ModelLoader.TokenizerOf(files);
        return new LlavaSystem(Vision, ImageTokenId)
        {
            Name = files.Name,
            Backbone = Language,
            Tokenizer = tokenizer,
            ChatTemplate = files.ReadTemplate(),
            Generation = files.ReadGeneration(tokenizer),
            Identity = identity,
        };
    }
}

/// <summary>A language model that sees pictures through a vision tower and a projector.</summary>
/// <param name="vision">Tower and projector.</param>
/// <param name="imageTokenId">The id of the vocabulary that stands where a picture stands; null: the vocabulary has none.</param>
public sealed class LlavaSystem(LlavaVision vision, int? imageTokenId) : LanguageSystem
{
    /// <summary>What LLaVA-1.5 was trained with (vicuna_v1), for files that carry no template.</summary>
    const string VicunaTemplate =
        "{{ bos_token }}{% if messages[0].role != 'system' %}A chat between a curious user and an artificial intelligence assistant. " +
        "The assistant gives helpful, detailed, and polite answers to the user's questions. {% endif %}" +
        "{% for m in messages %}{% if m.role == 'system' %}{{ m.content }} {% elif m.role == 'user' %}USER: {{ m.content }} " +
        "{% else %}ASSISTANT: {{ m.content }}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}ASSISTANT:{% endif %}";

    /// <summary>Tower and projector.</summary>
    public LlavaVision Vision => vision;

    /// <inheritdoc/>
    public override int? PicturePlaceholder => imageTokenId;

    /// <inheritdoc/>
    public override string AfterPicture => "\n";

    /// <inheritdoc/>
    public override int MaxPictures =>
        Math.Max(1, Backbone.ContextLength / Math.Max(1, vision.SoftTokens(vision.Tower.Transformer.Config.ImageSize.Width, vision.Tower.Transformer.Config.ImageSize.Height)));

    /// <summary>A language model joined with a vision tower and projector from another file.</summary>
    /// <param name="language">The language model and its files.</param>
    /// <param name="eyes">The tower and projector, and their file.</param>
    /// <param name="identity">What all files are, for cache keys.</param>
    /// <exception cref="CheckpointException">They do not fit together.</exception>
    public static LlavaSystem Join(ModelPart language, ModelPart eyes, string identity)
    {
        Backbone backbone = language.Model is Backbone model and not EncoderDecoder
            ? model
            : throw new CheckpointException(language.Files.Path, $"is a {language.Files.Family.Title}; an mmproj file goes with a decoder-only language model");
        LlavaVision vision = eyes.Model as LlavaVision
            ?? throw new CheckpointException(eyes.Files.Path, $"is a {eyes.Files.Family.Title} and no vision tower with projector (mmproj-*.gguf)");
        if (vision.HiddenSize != backbone.HiddenSize)
        {
            throw new CheckpointException(
                eyes.Files.Path, $"gives soft tokens of {vision.HiddenSize} channels, {language.Files.Name} has {backbone.HiddenSize}; take both files from the same download");
        }

        Tokenizer tokenizer = ModelLoader.TokenizerOf(language.Files);
        return new LlavaSystem(vision, null)
        {
            Name = language.Files.Name,
            Backbone = backbone,
            Tokenizer = tokenizer,
            ChatTemplate = language.Files.ReadTemplate() ?? ChatTemplate.Parse(VicunaTemplate, "LLaVA-1.5's prompt"),
            Generation = language.Files.ReadGeneration(tokenizer),
            Identity = identity,
        };
    }

    /// <inheritdoc/>
    public override int SoftTokens(Picture picture)
    {
        ImageHeader header = picture.ReadHeader();
        return vision.SoftTokens(header.UprightWidth, header.UprightHeight);
    }

    /// <inheritdoc/>
    public override PreparedPicture Prepare(Picture picture, MediaBudget budget) => new(picture, [PixelRows.Of(vision.Processor, picture.Decode(budget))]);

    /// <inheritdoc/>
    public override Tensor Encode(Compute c, PreparedPicture picture) => vision.Forward(c, picture.Views[0].On(c));
}
