using System.Security.Cryptography;
using System.Text;
using Sensorium.Models.Backbones;
using Sensorium.Models.Encoders.Transformers;
using Sensorium.Models.Systems;
using Sensorium.Tensors;
using Sensorium.Text.Tokenizers;
using Sensorium.Weights;

namespace Sensorium.Models.Loading;

/// <summary>Opens checkpoints, builds their models and fills the weights.</summary>
public static class ModelLoader
{
    /// <summary>Builds and loads a checkpoint of any family.</summary>
    /// <param name="path">A folder in the hub's layout or a GGUF file.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="progress">Told how far loading is, from any thread.</param>
    /// <param name="cancellation">Stops between tensors.</param>
    /// <param name="packed">Where packed copies of the weights are kept; null: nowhere.</param>
    /// <exception cref="CheckpointException">It is broken, of a family that is not supported, or config and tensors disagree.</exception>
    public static ModelPart Load(
        string path, Device device, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default, PackedCopies? packed = null)
    {
        using var build = new Build(ModelFiles.Open(path));
        ModelPart part = build.Root();
        build.Checkpoint.Finish();
        build.Checkpoint.Load(device, progress, cancellation, packed);
        return part with { Weights = [.. build.Checkpoint.Weights] };
    }

    /// <summary>Builds and loads what can answer: a language model with its tokenizer, or a model composed of parts.</summary>
    /// <param name="path">A folder in the hub's layout or a GGUF file.</param>
    /// <param name="device">Where the weights go.</param>
    /// <param name="progress">Told how far loading is, from any thread.</param>
    /// <param name="cancellation">Stops between tensors.</param>
    /// <param name="mmproj">A file with the vision tower and projector that the language model goes with; null: there is none.</param>
    /// <param name="packed">Where packed copies of the weights are kept; null: nowhere.</param>
    /// <exception cref="CheckpointException">It is broken, of a family that is not supported, or config and tensors disagree.</exception>
    public static LanguageSystem LoadSystem(
        string path, Device device, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default, string? mmproj = null, PackedCopies? packed = null) =>
        LoadAs(path, device, SystemOf, progress, cancellation, packed, mmproj);

    /// <summary>Builds and loads what turns texts or pictures into vectors.</summary>
    /// <inheritdoc cref="Load"/>
    public static EmbeddingSystem LoadEmbeddings(
        string path, Device device, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default, PackedCopies? packed = null) =>
        LoadAs(path, device, (root, _, identity) => EmbeddingsOf(root, identity), progress, cancellation, packed);

    /// <summary>Builds a checkpoint's model on shapes alone: what `inspect` and memory figures know sizes by.</summary>
    /// <param name="path">A folder in the hub's layout or a GGUF file.</param>
    /// <returns>The model's weights, declared and empty.</returns>
    /// <exception cref="CheckpointException">It is broken, of a family that is not supported, or config and tensors disagree.</exception>
    public static IReadOnlyList<Weight> Declare(string path) => Declare(ModelFiles.Open(path));

    /// <summary>The same for files that are open; they are let go.</summary>
    /// <inheritdoc cref="Declare(string)"/>
    public static IReadOnlyList<Weight> Declare(ModelFiles files)
    {
        using var build = new Build(files);
        build.Root();
        build.Checkpoint.Finish();
        return [.. build.Checkpoint.Weights];
    }

    static T LoadAs<T>(
        string path, Device device, Func<ModelPart, ModelPart?, string, T> make, IProgress<LoadProgress>? progress, CancellationToken cancellation, PackedCopies? packed, string? mmproj = null)
    {
        using var build = new Build(ModelFiles.Open(path));
        ModelPart root = build.Root();
        ModelPart? eyes = mmproj is null ? null : build.Beside(mmproj);
        build.Checkpoint.Finish();

        // The tokenizer is made while the weights are prepared.
        Task<T> system = Task.Run(() => make(root, eyes, build.Identity), cancellation);
        try
        {
            build.Checkpoint.Load(device, progress, cancellation, packed);
        }
        finally
        {
            // The files must stay open until the tokenizer has been read, also when loading failed.
            ((IAsyncResult)system).AsyncWaitHandle.WaitOne();
        }

        return system.GetAwaiter().GetResult();
    }

    static EmbeddingSystem EmbeddingsOf(ModelPart root, string identity) => root.Model is IEmbeds embeds
        ? embeds.ToEmbeddings(root.Files, identity)
        : throw new CheckpointException(root.Files.Path, $"is a {root.Files.Family.Title} ({root.Files.Family.Gives} from {root.Files.Family.Takes}) and gives no vectors; embedding models are BERT and RoBERTa for texts (sentence-transformers/all-MiniLM-L6-v2), CLIP and SigLIP for texts and pictures (openai/clip-vit-base-patch32, google/siglip-base-patch16-224)");

    static LanguageSystem SystemOf(ModelPart root, ModelPart? eyes, string identity)
    {
        if (eyes is not null)
        {
            return LlavaSystem.Join(root, eyes, identity);
        }

        if (root.Model is IAnswers parts)
        {
            return parts.ToSystem(root.Files, identity);
        }

        if (root.Model is not Backbone backbone)
        {
            throw new CheckpointException(root.Files.Path, $"is a {root.Files.Family.Title} ({root.Files.Family.Gives} from {root.Files.Family.Takes}) and cannot answer by itself; use it {UseOf(root)}");
        }

        Tokenizer tokenizer = TokenizerOf(root.Files);
        return new TextSystem
        {
            Name = root.Files.Name,
            Backbone = backbone,
            Tokenizer = tokenizer,
            ChatTemplate = root.Files.ReadTemplate(),
            Generation = root.Files.ReadGeneration(tokenizer),
            Identity = identity,
        };
    }

    static string UseOf(ModelPart root) => root.Model switch
    {
        LlavaVision => "as --mmproj beside its language model",
        Bert or TextModel => "with embed",
        ContrastiveModel => "with embed, or with label and --labels",
        IEmbeds => "with embed or label",
        _ => "with label, detect or as a part of a composed model",
    };

    internal static Tokenizer TokenizerOf(ModelFiles files) =>
        files.ReadTokenizer() ?? throw TokenizerFiles.Missing(files.Path);

    /// <summary>One checkpoint with all its parts, on one claim.</summary>
    sealed class Build : IDisposable
    {
        readonly List<ModelFiles> files = [];
        readonly List<TensorSource> inner = [];
        readonly HashSet<string> open = new(StringComparer.Ordinal);
        readonly ModelFiles root;

        public Build(ModelFiles root)
        {
            this.root = root;
            files.Add(root);
            Checkpoint = Checkpoint.Open(root.Source, root.Names);
        }

        public Checkpoint Checkpoint { get; }

        /// <summary>What all files are: names, sizes and times.</summary>
        public string Identity
        {
            get
            {
                var text = new StringBuilder();
                foreach (string file in files.Select(f => f.Source).Concat(inner).SelectMany(s => s.Files))
                {
                    var info = new FileInfo(file);
                    text.Append(info.FullName).Append('|').Append(info.Length).Append('|').Append(info.LastWriteTimeUtc.Ticks).Append('\n');
                }

                return Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
            }
        }

        public ModelPart Root() => new(root.Family.Build(Checkpoint, root.Config, new Opener(this, root)), root);

        public ModelPart Open(ModelFiles from, string path, string key)
        {
            string full = System.IO.Path.GetFullPath(System.IO.Path.Combine(from.Folder, path));
            if (!Directory.Exists(full) && !File.Exists(full))
            {
                throw from.Config.Bad(key, $"names '{path}', which is not there ({full}); a composed model needs its parts beside it");
            }

            if (!open.Add(full))
            {
                throw from.Config.Bad(key, $"names '{path}', which is a part already; a part cannot contain itself");
            }

            return Beside(full);
        }

        /// <summary>Another checkpoint that belongs to this one.</summary>
        public ModelPart Beside(string path)
        {
            ModelFiles part = ModelFiles.Open(path);
            files.Add(part);
            return new ModelPart(part.Family.Build(Checkpoint.Beside(part.Source, part.Names), part.Config, new Opener(this, part)), part);
        }

        public Checkpoint Inside(string folder)
        {
            TensorSource source = TensorSource.Open(folder);
            inner.Add(source);
            return Checkpoint.Beside(source);
        }

        public void Dispose()
        {
            foreach (ModelFiles file in files)
            {
                file.Dispose();
            }

            foreach (TensorSource source in inner)
            {
                source.Dispose();
            }
        }
    }

    sealed class Opener(Build build, ModelFiles from) : IPartOpener
    {
        public ModelPart Open(string path, string key) => build.Open(from, path, key);

        public Checkpoint Weights(string file, string key)
        {
            if (!from.Source.Files.Any(f => System.IO.Path.GetFileName(f) == file))
            {
                throw from.Config.Bad(key, $"names '{file}', which is not among the files of {from.Path}");
            }

            return build.Checkpoint;
        }

        public Config? Settings(string file) => from.ReadSettings(file);

        public IReadOnlyList<Config>? SettingsList(string file) => from.ReadSettingsList(file);

        public Checkpoint WeightsOf(string folder) => build.Inside(System.IO.Path.Combine(from.Folder, folder));
    }
}
