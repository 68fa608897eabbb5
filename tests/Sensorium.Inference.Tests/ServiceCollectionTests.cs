using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Sensorium.Inference.Tests;

public class ServiceCollectionTests
{
    [Fact]
    public async Task One_client_is_shared_answers_and_goes_with_the_provider()
    {
        var services = new ServiceCollection();
        services.AddSensorium(o => o.Model = "smollm2-135m-instruct");
        services.AddSensorium(o => o.Model = "a second registration changes nothing");
        IChatClient client;
        await using (ServiceProvider provider = services.BuildServiceProvider())
        {
            client = provider.GetRequiredService<IChatClient>();
            provider.GetRequiredService<IChatClient>().ShouldBeSameAs(client);
            provider.GetRequiredService<SensoriumChatClient>().ShouldBeSameAs(client);
            using IServiceScope scope = provider.CreateScope();
            scope.ServiceProvider.GetRequiredService<IChatClient>().ShouldBeSameAs(client);
            ChatResponse response = await client.GetResponseAsync("Say hello.", new ChatOptions { MaxOutputTokens = 3 });
            response.Text.ShouldNotBeNullOrWhiteSpace();
            response.Usage!.OutputTokenCount.ShouldBe(3);
        }

        await Should.ThrowAsync<ObjectDisposedException>(() => client.GetResponseAsync("Say hello."));
    }

    [Fact]
    public void A_model_that_is_not_there_is_named_when_the_client_is_asked_for()
    {
        var services = new ServiceCollection();
        services.AddSensorium(o => o.Model = "no-such-model");
        using ServiceProvider provider = services.BuildServiceProvider();
        Should.Throw<Sensorium.Weights.CheckpointException>(provider.GetRequiredService<IChatClient>).Message.ShouldContain("no-such-model");
    }
}
